import { type Kafka, Partitioners, type Producer } from 'kafkajs';
import type { OutMessage } from './transactional-writer.ts';
import { untilAnswered } from './until-answered.ts';

/** Writes on its own, outside any transaction: in order, and each message once while this process lives. */
export class PlainWriter {
  readonly #producer: Producer;

  private constructor(producer: Producer) {
    this.#producer = producer;
  }

  static async open(kafka: Kafka): Promise<PlainWriter> {
    const producer = kafka.producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner });
    await untilAnswered(() => producer.connect());
    return new PlainWriter(producer);
  }

  /** Until every replica has them; all of one topic. */
  async send(topic: string, messages: readonly Omit<OutMessage, 'topic'>[]): Promise<void> {
    await this.#producer.send({
      topic,
      acks: -1,
      messages: messages.map(({ partition, key, value, headers }) => ({
        partition,
        key,
        value,
        ...(headers && { headers }),
      })),
    });
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
  }
}
