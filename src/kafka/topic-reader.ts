import { randomUUID } from 'node:crypto';
import type { Consumer } from 'kafkajs';
import type { Kafka } from './client.ts';
import type { KafkaMessage } from './message.ts';
import { standingConsumer } from './standing-consumer.ts';
import { untilAnswered } from './until-answered.ts';

/** Called for each message in order; true = that was the last one wanted. */
type Visit = (message: KafkaMessage) => boolean;

interface Reading {
  readonly visit: Visit;
  readonly done: () => void;
  /** Offset of the next message that it has not been given. */
  next: number;
}

/**
 * Reads partitions of a topic from their beginning or an offset, outside any group's sharing: one standing consumer, since joining
 * anew for each read would take seconds. Partitions that nobody reads are paused.
 */
export class TopicReader {
  readonly #consumer: Consumer;
  readonly #topic: string;
  readonly #readings = new Map<number, Reading>();
  /** Of each partition, the offset behind everything that its read has been given. */
  readonly #positions = new Map<number, number>();
  /** Partitions whose batch in hand was not read to its end. */
  readonly #cut = new Set<number>();

  private constructor(consumer: Consumer, topic: string) {
    this.#consumer = consumer;
    this.#topic = topic;
  }

  static async open(kafka: Kafka, topic: string, partitions: number): Promise<TopicReader> {
    const consumer = standingConsumer(kafka, {
      groupId: kafka.names.id('reader', randomUUID()),
      maxWaitTimeInMs: 50,
      maxBytesPerPartition: 8 * 1024 * 1024,
    });
    const reader = new TopicReader(consumer, topic);
    const joined = new Promise<void>((resolve) => {
      consumer.on(consumer.events.GROUP_JOIN, () => {
        for (let partition = 0; partition < partitions; partition++) reader.#goOn(partition);
        resolve();
      });
    });
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
      if (!reader.#cut.delete(partition)) reader.#positions.set(partition, Number(lastOffset) + 1);
    });
    await consumer.connect();
    await untilAnswered(() => consumer.subscribe({ topic, fromBeginning: true }));
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 16,
      eachBatch: async ({ batch, isStale }) => {
        if (isStale()) reader.#cut.add(batch.partition);
        else reader.#take(batch.partition, batch.messages);
      },
    });
    await joined;
    return reader;
  }

  /** Reads a partition until `visit` says so, or the signal. One read of a partition at a time. */
  async read(partition: number, visit: Visit, signal: AbortSignal, from = 0): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#consumer.pause([{ topic: this.#topic, partitions: [partition] }]);
        this.#readings.delete(partition);
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done);
      this.#positions.delete(partition);
      this.#readings.set(partition, { visit, done, next: from });
      this.#goOn(partition);
    });
  }

  /** How far a partition has been read, with what follows its last message that is no message (transaction markers). */
  position(partition: number): number {
    return this.#positions.get(partition) ?? 0;
  }

  async close(): Promise<void> {
    await this.#consumer.disconnect();
  }

  /** Where its read is, also after a new start: the consumer itself would begin anew. */
  #goOn(partition: number): void {
    const here = [{ topic: this.#topic, partitions: [partition] }];
    const reading = this.#readings.get(partition);
    if (reading === undefined) {
      this.#consumer.pause(here);
      return;
    }
    this.#consumer.seek({ topic: this.#topic, partition, offset: String(reading.next) });
    this.#consumer.resume(here);
  }

  #take(partition: number, messages: readonly KafkaMessage[]): void {
    const reading = this.#readings.get(partition);
    if (reading === undefined) {
      this.#cut.add(partition);
      return;
    }
    for (const message of messages) {
      const offset = Number(message.offset);
      if (offset < reading.next) continue;
      reading.next = offset + 1;
      if (!reading.visit(message)) continue;
      this.#cut.add(partition);
      reading.done();
      return;
    }
  }
}
