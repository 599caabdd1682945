import { randomUUID } from 'node:crypto';
import { UNREGISTERED_AGENT } from '../../attribution/attributed.ts';
import type { Kafka } from '../../kafka/client.ts';
import type { Fetched } from '../../kafka/fetched.ts';
import type { Log } from '../../kafka/log.ts';
import type { PartitionWorker } from '../../kafka/partition-slot.ts';
import { MARKER, type TopicTail } from '../../kafka/topic-tail.ts';
import { type OutMessage, TransactionalWriter } from '../../kafka/transactional-writer.ts';
import { closingSchema, NO_WORD, wordSchema } from './control-message.ts';
import { encodeEvents } from './events-message.ts';
import type { ForeignMessages } from './foreign.ts';
import type { RoleCounts } from './role-counts.ts';
import { CONTROL, EVENTS, INGEST } from './topics.ts';

interface ControlContext {
  readonly kafka: Kafka;
  readonly tail: TopicTail;
  readonly rawPartitions: () => Readonly<Record<string, number>>;
  readonly partitionOf: (route: string) => number;
  readonly counts: RoleCounts;
  readonly foreign: ForeignMessages;
  readonly log: Log;
}

const NAME = `${CONTROL}/0`;
const STANDS_AT = 'control';

/** Hands closings on to the partition that detects for their principal: there they have one place among the events. */
export class ControlWorker implements PartitionWorker {
  readonly waits = false;
  readonly #context: ControlContext;
  #writer: TransactionalWriter | undefined;

  constructor(context: ControlContext) {
    this.#context = context;
  }

  async start(signal: AbortSignal): Promise<number> {
    const { kafka, tail, counts } = this.#context;
    const writer = await TransactionalWriter.open(kafka, `wayward-ingest-${NAME}`, counts.transactions);
    this.#writer = writer;
    const marker = randomUUID();
    const write = () => writer.commit([{ topic: INGEST, partition: 0, key: `${MARKER}${NAME}`, value: marker }]);
    await tail.reaches(marker, write, signal);
    return Number(tail.values.get(STANDS_AT)?.toString() ?? 0);
  }

  async process({ messages, next }: Fetched): Promise<void> {
    const closings = messages.flatMap(({ value, offset }) => this.#closing(value, offset));
    const position: OutMessage = { topic: INGEST, partition: 0, key: STANDS_AT, value: String(next) };
    await this.#writer?.commit([...closings, position]);
  }

  async tick(): Promise<void> {}

  async close(): Promise<void> {
    await this.#writer?.close();
  }

  /** Other words on this topic are for the responder. */
  #closing(value: Buffer | null, offset: string): OutMessage[] {
    const said = jsonOf(value);
    const parsed = closingSchema.safeParse(said);
    if (!parsed.success) {
      if (!wordSchema.safeParse(said).success)
        this.#context.foreign.passOver({ topic: CONTROL, partition: 0, offset }, NO_WORD);
      return [];
    }
    const { alert, verdict } = parsed.data;
    this.#context.log.info({ alert: alert.id, verdict, offset }, 'closed by a person');
    const message = {
      from: NAME,
      of: this.#context.rawPartitions(),
      watermark: null,
      high: null,
      live: true,
      events: [],
      closings: [{ alert, verdict }],
    };
    const partition = this.#context.partitionOf(alert.peerGroup ?? UNREGISTERED_AGENT);
    return [{ topic: EVENTS, partition, key: null, value: encodeEvents(message) }];
  }
}

function jsonOf(value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString() ?? 'null');
  } catch {
    return undefined; // whatever it is, it closes nothing
  }
}
