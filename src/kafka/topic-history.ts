import type { Source, SourcePosition, SourceProblem } from '../sources/source.ts';
import type { Kafka } from './client.ts';
import { pageFrom } from './page.ts';
import { type PartitionRange, partitionRanges } from './partition-range.ts';
import { PartitionSource } from './partition-source.ts';
import { TopicReader } from './topic-reader.ts';

/** Each partition of a raw topic from its beginning to where it ends now. */
export async function openTopicHistory(kafka: Kafka, topic: string, signal: AbortSignal): Promise<Source[]> {
  const ranges = await partitionRanges(kafka, topic);
  const reader = await TopicReader.open(kafka, topic, ranges.size);
  let open = ranges.size;
  const close = async (): Promise<void> => {
    if (--open === 0) await reader.close();
  };
  return [...ranges]
    .toSorted(([a], [b]) => a - b)
    .map(([partition, range]) => new PartitionHistory(topic, partition, range, { reader, signal, close }));
}

interface Opened {
  readonly reader: TopicReader;
  readonly signal: AbortSignal;
  readonly close: () => Promise<void>;
}

class PartitionHistory implements Source {
  readonly startsAt = 0;
  readonly #opened: Opened;
  readonly #partition: number;
  readonly #source: PartitionSource;
  readonly #end: number;
  #next: number;
  /** Where the page in hand begins. */
  #page: number;
  #problem: SourceProblem | undefined;

  constructor(topic: string, partition: number, { begin, end }: PartitionRange, opened: Opened) {
    this.#opened = opened;
    this.#partition = partition;
    this.#source = new PartitionSource(`${topic}/${partition}`, begin);
    this.#end = end;
    this.#next = begin;
    this.#page = begin;
  }

  get name(): string {
    return this.#source.name;
  }

  async read(size?: number): Promise<Buffer | 'caught-up' | 'end'> {
    while (this.#source.isEmpty) {
      if (this.#next >= this.#end) return 'end';
      if (this.#opened.signal.aborted) return 'caught-up';
      await this.#fetch();
      if (this.#problem !== undefined && this.#source.isEmpty) return Buffer.alloc(0);
    }
    return await this.#source.read(size);
  }

  problem(): SourceProblem | undefined {
    const problem = this.#problem;
    this.#problem = undefined;
    return problem;
  }

  save(offset: number): SourcePosition {
    return this.#source.save(offset);
  }

  close(): Promise<void> {
    return this.#opened.close();
  }

  async #fetch(): Promise<void> {
    const { reader, signal } = this.#opened;
    const messages = await pageFrom(reader, this.#partition, this.#next, this.#end, signal);
    const last = messages.at(-1);
    if (last === undefined && !signal.aborted) {
      // Behind the last message only the ends of transactions may stand.
      if (reader.position(this.#partition) < this.#end) this.#problem = this.#missing();
      this.#next = this.#end;
    }
    if (last === undefined) return;
    const empty = messages.filter(({ value }) => value === null).length;
    if (empty > 0) this.#problem = { reason: 'no-value', detail: `${empty} of its messages hold no record.` };
    this.#source.forgetBefore(this.#page);
    this.#page = this.#next;
    this.#source.push(messages);
    this.#next = Number(last.offset) + 1;
  }

  #missing(): SourceProblem {
    const detail = `Nothing came for ten seconds: offsets ${this.#next} to ${this.#end - 1} are left out.`;
    return { reason: 'unreadable', detail };
  }
}
