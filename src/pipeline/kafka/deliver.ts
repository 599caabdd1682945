import { severityRose } from '../../alerts/alert.ts';
import { withUrl } from '../../alerts/links.ts';
import type { OutgoingDocument } from '../../documents/outgoing.ts';
import type { Kafka } from '../../kafka/client.ts';
import { committedOffset, endOffset } from '../../kafka/committed-offset.ts';
import type { Fetched } from '../../kafka/fetched.ts';
import type { KafkaMessage } from '../../kafka/message.ts';
import { Interrupted, type PartitionWorker } from '../../kafka/partition-slot.ts';
import type { Deliverable, Sink } from '../../sinks/sink.ts';
import { readAlert } from './alert-message.ts';
import { ForeignMessage, type ForeignMessages, isObject, parsed } from './foreign.ts';

export interface DeliverOptions {
  readonly kafka: Kafka;
  readonly sink: Sink;
  /** The consumer group under which its positions are reported. */
  readonly group: string;
  /** Called with the seconds that one delivery took. */
  readonly took: (seconds: number) => void;
  readonly foreign: ForeignMessages;
  /** Where people look at alerts, if anywhere. */
  readonly console: string | undefined;
}

/** Messages that are on their way at a time. */
const AT_A_TIME = 1_000;

/**
 * Brings one partition to a sink. What was delivered since its position was last reported is delivered again after a crash: a sink
 * says what it makes of that.
 */
export class DeliverWorker implements PartitionWorker {
  readonly waits = false;
  readonly #options: DeliverOptions;
  readonly #topic: string;
  readonly #partition: number;
  /** What was there when it took over, another process may have delivered: it reports how far it is only now and then. */
  #redeliveredBefore = 0;
  readonly #interrupted = new AbortController();
  #until: AbortSignal = this.#interrupted.signal;

  constructor(topic: string, partition: number, options: DeliverOptions) {
    this.#options = options;
    this.#topic = topic;
    this.#partition = partition;
  }

  async start(signal: AbortSignal): Promise<number> {
    this.#until = AbortSignal.any([signal, this.#interrupted.signal]);
    const { kafka, group } = this.#options;
    const from = await committedOffset(kafka, group, this.#topic, this.#partition);
    this.#redeliveredBefore = await endOffset(kafka, this.#topic, this.#partition);
    return from;
  }

  async process({ messages }: Fetched): Promise<void> {
    for (let at = 0; at < messages.length; at += AT_A_TIME) {
      const some = messages.slice(at, at + AT_A_TIME);
      const redelivered = Number(some[0]?.offset) < this.#redeliveredBefore;
      const began = performance.now();
      await this.#deliver(
        some.flatMap((message) => this.#itemOf(message)),
        redelivered,
      );
      this.#options.took((performance.now() - began) / 1_000);
    }
  }

  async tick(): Promise<void> {}

  /** Alerts may be held back, and the sink away, for longer than a group waits. */
  interrupt(): void {
    this.#interrupted.abort();
  }

  async close(): Promise<void> {}

  async #deliver(items: readonly Deliverable[], redelivered: boolean): Promise<void> {
    try {
      await this.#options.sink.deliver(items, redelivered, this.#until);
    } catch (error) {
      throw this.#interrupted.signal.aborted ? new Interrupted() : error;
    }
  }

  #itemOf(message: KafkaMessage): Deliverable[] {
    try {
      const { kafka, console } = this.#options;
      const document = parsed(String(message.value));
      if (this.#topic !== kafka.names.topics.alerts) return [outgoing(document)];
      if (!isObject(document)) throw new ForeignMessage('it is no document');
      const alert = readAlert(message);
      return [{ alert, document: withUrl(document, alert, console), rose: severityRose(alert) }];
    } catch (error) {
      if (!(error instanceof ForeignMessage)) throw error;
      this.#options.foreign.passOver({ topic: this.#topic, partition: this.#partition, offset: message.offset }, error);
      return [];
    }
  }
}

const STREAMS: ReadonlySet<unknown> = new Set(['activity', 'inventory', 'response', 'health']);

function outgoing(value: unknown): OutgoingDocument {
  if (!isObject(value) || !STREAMS.has(value.stream) || typeof value.id !== 'string' || !isObject(value.document))
    throw new ForeignMessage('it is no document of a stream');
  return value as unknown as OutgoingDocument;
}
