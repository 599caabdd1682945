import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from '../../src/kafka/client.ts';
import { TopicReader } from '../../src/kafka/topic-reader.ts';
import { TopicTail } from '../../src/kafka/topic-tail.ts';
import { EVENTS, INGEST, STATE } from '../../test/kafka/names.ts';
import { endsOf } from '../../test/servers/kafka-ends.ts';
import { RAW } from './streams.ts';

const LOOK_EVERY = 20;

/** Watches how far ingest and detection have come, by what their transactions say. */
export class Progress {
  readonly #kafka: Kafka;
  readonly #tail: TopicTail;
  readonly #states: TopicReader;
  readonly #stop = new AbortController();
  readonly #reading: Promise<unknown>;
  /** Offset of the next message of each events partition that no transaction of detection has dealt with. */
  readonly #committed: number[];

  private constructor(kafka: Kafka, tail: TopicTail, states: TopicReader, partitions: number) {
    this.#kafka = kafka;
    this.#tail = tail;
    this.#states = states;
    this.#committed = Array.from({ length: partitions }, () => 0);
    this.#reading = Promise.all(this.#committed.map((_, partition) => this.#follow(partition)));
  }

  static async watch(kafka: Kafka, eventsPartitions: number): Promise<Progress> {
    const [tail, states] = await Promise.all([
      TopicTail.open(kafka, INGEST),
      TopicReader.open(kafka, STATE, eventsPartitions),
    ]);
    return new Progress(kafka, tail, states, eventsPartitions);
  }

  /**
   * When everything in the raw topic up to `time` has been read, looked at and committed; milliseconds since the epoch.
   * @throws Error if that takes longer than `patience`, milliseconds
   */
  async detectedUpTo(time: number, rawPartitions: number, patience: number): Promise<number> {
    const deadline = Date.now() + patience;
    const names = Array.from({ length: rawPartitions }, (_, partition) => `watermark/${RAW}/${partition}`);
    const hasRead = () => names.every((name) => Number(this.#tail.values.get(name) ?? -1) > time);
    await until(hasRead, deadline, () => 'ingest did not come to the end');
    const ends = await endsOf(this.#kafka, EVENTS);
    const hasDetected = () => ends.every((end, partition) => (this.#committed[partition] ?? 0) >= end);
    await until(hasDetected, deadline, () => `detection came to ${this.#committed.join()}, not to ${ends.join()}`);
    return Date.now();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    await Promise.all([this.#tail.close(), this.#states.close()]);
  }

  #follow(partition: number): Promise<void> {
    return this.#states.read(
      partition,
      ({ key, value }) => {
        if (key?.toString() === 'offset') this.#committed[partition] = Number(value?.toString());
        return false;
      },
      this.#stop.signal,
    );
  }
}

async function until(isTrue: () => boolean, deadline: number, otherwise: () => string): Promise<void> {
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(otherwise());
    await sleep(LOOK_EVERY);
  }
}
