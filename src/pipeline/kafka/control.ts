import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { verdictOfWord, wordOfVerdict } from '../../alerts/verdict.ts';
import type { Registry } from '../../attribution/registry.ts';
import type { Fetched } from '../../kafka/fetched.ts';
import type { Log } from '../../kafka/log.ts';
import { writtenAt } from '../../kafka/message.ts';
import type { OwnTopics } from '../../kafka/names.ts';
import type { PartitionWorker } from '../../kafka/partition-slot.ts';
import { MARKER, type TopicTail } from '../../kafka/topic-tail.ts';
import { type OutMessage, TransactionalWriter } from '../../kafka/transactional-writer.ts';
import { closingSchema, commandSchema } from '../../operator/command.ts';
import type { PendingUse } from '../ordered.ts';
import { routeOfAlert, routeOfEvent } from '../route.ts';
import type { ReloadOrder } from '../rules-in-use.ts';
import { deedSchema, reloadSchema, replaySchema, UNKNOWN_COMMAND } from './control-message.ts';
import { type EventsMessage, encodeEvents } from './events-message.ts';
import { RELOAD } from './reload-order.ts';
import { type ReplayContext, replayLetters } from './replay-letters.ts';
import { ReplayedLetters } from './replayed-letters.ts';
import type { RoleCounts } from './role-counts.ts';

interface ControlContext extends ReplayContext {
  readonly registry: () => Registry;
  readonly tail: TopicTail;
  readonly rawPartitions: () => Readonly<Record<string, number>>;
  readonly partitionOf: (route: string) => number;
  readonly eventsPartitions: number;
  readonly counts: RoleCounts;
  readonly log: Log;
}

const STANDS_AT = 'control';

/**
 * Hands closings and what was done to credentials on to the partition that detects for their principal: there they have one place among the events. So
 * do events of dead letters that a person wants replayed.
 */
export class ControlWorker implements PartitionWorker {
  readonly waits = false;
  readonly #context: ControlContext;
  #writer: TransactionalWriter | undefined;
  #replayed = new ReplayedLetters([]);

  constructor(context: ControlContext) {
    this.#context = context;
  }

  async start(signal: AbortSignal): Promise<number> {
    const { kafka, tail, counts } = this.#context;
    const writer = await TransactionalWriter.open(kafka, kafka.names.id('ingest', this.#name), counts.transactions);
    this.#writer = writer;
    const marker = randomUUID();
    const write = () =>
      writer.commit([{ topic: this.#topics.ingest, partition: 0, key: `${MARKER}${this.#name}`, value: marker }]);
    await tail.reaches(marker, write, signal);
    this.#replayed = new ReplayedLetters(tail.values);
    return positionIn(tail, this.#topics.control);
  }

  async process({ messages, next }: Fetched): Promise<void> {
    const out: OutMessage[] = [];
    for (const message of messages)
      out.push(...(await this.#take(jsonOf(message.value), message.offset, writtenAt(message))));
    const position: OutMessage = { topic: this.#topics.ingest, partition: 0, key: STANDS_AT, value: String(next) };
    await this.#writer?.commit([...out, ...this.#replayed.messages(this.#topics.ingest), position]);
  }

  async tick(): Promise<void> {}

  async close(): Promise<void> {
    await this.#writer?.close();
  }

  get #topics(): OwnTopics {
    return this.#context.kafka.names.topics;
  }

  get #name(): string {
    return `${this.#topics.control}/0`;
  }

  /** Other words on this topic are for the responder. */
  async #take(said: unknown, offset: string, at: number): Promise<OutMessage[]> {
    const closing = closingSchema.safeParse(said);
    if (closing.success) return this.#closing(closing.data, offset, at);
    const replay = replaySchema.safeParse(said);
    if (replay.success) return this.#replay(replay.data.letters, replay.data.by);
    const deed = deedSchema.safeParse(said);
    if (deed.success) return this.#did(deed.data);
    const reload = reloadSchema.safeParse(said);
    if (reload.success) return this.#reload(reload.data, Number(offset));
    if (!commandSchema.safeParse(said).success)
      this.#context.foreign.passOver({ topic: this.#topics.control, partition: 0, offset }, UNKNOWN_COMMAND);
    return [];
  }

  /** `at`: as the responder has it, which keeps the verdict: when it was written, by Kafka's clock. */
  #closing(
    { alert, verdict: word, by, because }: z.infer<typeof closingSchema>,
    offset: string,
    at: number,
  ): OutMessage[] {
    const verdict = wordOfVerdict(verdictOfWord(word));
    this.#context.log.info({ alert: alert.id, verdict, offset }, 'closed by a person');
    const route = routeOfAlert(alert.principal, alert.peerGroup);
    // A partition that does not know the alert passes it by.
    const partitions = route === undefined ? this.#allPartitions : [this.#context.partitionOf(route)];
    const closings = [{ alert, verdict, said: { by, at, because } }];
    return partitions.map((partition) => this.#message(partition, { closings }));
  }

  #did({ say: did, credential: id, at }: z.infer<typeof deedSchema>): OutMessage[] {
    const { registry, partitionOf } = this.#context;
    const credential = registry().byId(id);
    if (credential === undefined) return []; // not ours to judge any more
    return [this.#message(partitionOf(credential.peerGroup), { deeds: [{ credential: id, did, at }] })];
  }

  /** One place among the events of each partition; whoever reads raw partitions finds it beside their positions. */
  #reload({ hash, by }: z.infer<typeof reloadSchema>, offset: number): OutMessage[] {
    const order: ReloadOrder = { hash, by, seq: offset };
    this.#context.log.info({ hash, by, offset }, 'a reload was ordered');
    return [
      ...this.#allPartitions.map((partition) => this.#message(partition, { reload: order })),
      { topic: this.#topics.ingest, partition: 0, key: RELOAD, value: JSON.stringify(order) },
    ];
  }

  /** Each dead letter once: that it was replayed is in the same transaction as its event. */
  async #replay(letters: readonly number[], by: string): Promise<OutMessage[]> {
    const { registry, partitionOf, counts, log } = this.#context;
    const wanted = [...new Set(letters)].filter((offset) => !this.#replayed.has(offset));
    const byPartition = new Map<number, PendingUse[]>();
    let used = 0;
    for (const [offset, replayed] of await replayLetters(wanted, this.#context)) {
      if (replayed.outcome !== 'used') continue;
      used++;
      this.#replayed.add(offset);
      for (const event of replayed.events) {
        const route = routeOfEvent(event.use, registry());
        if (route === undefined) counts.unattributed++;
        else byPartition.set(partitionOf(route), [...(byPartition.get(partitionOf(route)) ?? []), event]);
      }
    }
    log.info({ by, letters: letters.length, already: letters.length - wanted.length, used }, 'replayed dead letters');
    return [...byPartition].map(([partition, events]) => this.#message(partition, { events }));
  }

  get #allPartitions(): readonly number[] {
    return Array.from({ length: this.#context.eventsPartitions }, (_, partition) => partition);
  }

  #message(
    partition: number,
    part: Partial<Pick<EventsMessage, 'events' | 'closings' | 'deeds' | 'reload'>>,
  ): OutMessage {
    const of = this.#context.rawPartitions();
    const message = {
      from: this.#name,
      of,
      watermark: null,
      high: null,
      live: true,
      events: [],
      closings: [],
      ...part,
    };
    return { topic: this.#topics.events, partition, key: null, value: encodeEvents(message) };
  }
}

/** @throws Error for what no Wayward wrote: to begin anew would say every closing again */
function positionIn(tail: TopicTail, control: string): number {
  const written = tail.values.get(STANDS_AT)?.toString() ?? '0';
  if (/^\d{1,15}$/.test(written)) return Number(written);
  throw new Error(
    `${tail.topic}/0, offset ${tail.offsetOf(STANDS_AT)}: under the key ${STANDS_AT} stands what no Wayward wrote. Write there the offset of the next message of ${control} to take`,
  );
}

function jsonOf(value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString() ?? 'null');
  } catch {
    return undefined; // whatever it is, it closes nothing
  }
}
