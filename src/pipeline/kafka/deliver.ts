import { type Alert, severityRose } from '../../alerts/alert.ts';
import type { OutgoingDocument } from '../../documents/outgoing.ts';
import type { Kafka } from '../../kafka/client.ts';
import { committedOffset } from '../../kafka/committed-offset.ts';
import type { Fetched } from '../../kafka/fetched.ts';
import type { KafkaMessage } from '../../kafka/message.ts';
import type { PartitionWorker } from '../../kafka/partition-slot.ts';
import type { Deliverable, Delivery } from '../../sinks/elasticsearch/delivery.ts';
import { ALERTS } from './topics.ts';

export const DELIVER_GROUP = 'wayward-deliver';
/** Messages that are on their way at a time. */
const AT_A_TIME = 1_000;

/**
 * Brings one partition to Elasticsearch. What was delivered since its position was last reported is delivered again after a
 * crash: ids and versions make that harmless.
 */
export class DeliverWorker implements PartitionWorker {
  readonly waits = false;
  readonly #kafka: Kafka;
  readonly #delivery: Delivery;
  readonly #topic: string;
  readonly #partition: number;
  readonly #took: (seconds: number) => void;
  /** Until it has delivered once, another process may have delivered the same. */
  #redelivered = true;

  constructor(kafka: Kafka, delivery: Delivery, topic: string, partition: number, took: (seconds: number) => void) {
    this.#kafka = kafka;
    this.#delivery = delivery;
    this.#topic = topic;
    this.#partition = partition;
    this.#took = took;
  }

  start(): Promise<number> {
    return committedOffset(this.#kafka, DELIVER_GROUP, this.#topic, this.#partition);
  }

  async process({ messages }: Fetched): Promise<void> {
    for (let at = 0; at < messages.length; at += AT_A_TIME) {
      const items = messages.slice(at, at + AT_A_TIME).map((message) => this.#itemOf(message));
      const began = performance.now();
      await this.#delivery.deliver(items, this.#redelivered);
      this.#took((performance.now() - began) / 1_000);
    }
    this.#redelivered = false;
  }

  async tick(): Promise<void> {}

  async close(): Promise<void> {}

  #itemOf({ value, headers }: KafkaMessage): Deliverable {
    const document = JSON.parse(String(value));
    if (this.#topic !== ALERTS) return document as OutgoingDocument;
    const alert: Alert = JSON.parse(String(headers?.alert));
    return { alert, document, rose: severityRose(alert) };
  }
}
