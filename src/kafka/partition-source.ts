import { READ_SIZE, type Source, type SourcePosition } from '../sources/source.ts';
import type { KafkaMessage } from './message.ts';

const LINE_END = 10;

/** A message that has been handed out, and maybe not used to its end. */
interface Handed {
  /** Offset of its first byte in the stream of bytes. */
  readonly start: number;
  readonly offset: number;
}

/**
 * The messages of one raw partition as a stream of bytes, each message ended by a line end. Positions outside are message
 * offsets; `identity` says how many bytes of that message have been used already.
 */
export class PartitionSource implements Source {
  readonly name: string;
  readonly startsAt = 0;
  readonly startsInside: boolean;
  #queue: KafkaMessage[] = [];
  #handed: Handed[] = [];
  #bytes = 0;
  /** Offset of the next message that will come. */
  #next: number;
  /** Bytes of the first message that were used before a restart. */
  #skip: number;

  constructor(name: string, from: number, skip = 0) {
    this.name = name;
    this.#next = from;
    this.#skip = skip;
    this.startsInside = skip > 0;
  }

  /** Messages without a value hold no record. */
  push(messages: readonly KafkaMessage[]): void {
    this.#queue = messages.filter(({ value }) => value !== null);
    const last = messages.at(-1);
    if (last !== undefined) this.#next = Number(last.offset) + 1;
  }

  /** What was before this offset is gone: nothing of it will come. */
  skipTo(offset: number): void {
    if (offset <= this.#next) return;
    this.#next = offset;
    this.#skip = 0;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  async read(size = READ_SIZE): Promise<Buffer | 'caught-up'> {
    let skip = Math.min(this.#skip, this.#queue[0]?.value?.length ?? 0);
    let length = -skip;
    let taken = 0;
    for (const { value } of this.#queue) {
      if (length >= size || value === null) break;
      length += value.length + 1;
      taken++;
    }
    if (taken === 0) return 'caught-up';
    const bytes = Buffer.allocUnsafe(length);
    let end = 0;
    for (const { value, offset } of this.#queue.slice(0, taken)) {
      if (value === null) continue;
      this.#handed.push({ start: this.#bytes + end - skip, offset: Number(offset) });
      end += value.copy(bytes, end, skip);
      end = bytes.writeUInt8(LINE_END, end);
      skip = 0;
    }
    this.#skip = 0;
    this.#queue = this.#queue.slice(taken);
    this.#bytes += length;
    return bytes;
  }

  problem(): undefined {
    return undefined;
  }

  /** `at`: bytes of the stream. */
  save(at: number): SourcePosition {
    const handed = at >= this.#bytes ? undefined : this.#handed.findLast(({ start }) => start <= at);
    if (handed === undefined) return { name: this.name, offset: this.#next, identity: '0' };
    return { name: this.name, offset: handed.offset, identity: String(at - handed.start) };
  }

  /** Nothing will ask again for a position in a message before this offset. */
  forgetBefore(offset: number): void {
    const kept = this.#handed.findIndex((handed) => handed.offset >= offset);
    this.#handed = kept === -1 ? [] : this.#handed.slice(kept);
  }

  async close(): Promise<void> {}
}
