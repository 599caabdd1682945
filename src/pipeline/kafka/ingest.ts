import { randomUUID } from 'node:crypto';
import type { Registry } from '../../attribution/registry.ts';
import { routeOf } from '../../attribution/route.ts';
import type { Kafka } from '../../kafka/client.ts';
import type { Fetched } from '../../kafka/fetched.ts';
import type { PartitionWorker } from '../../kafka/partition-slot.ts';
import { PartitionSource } from '../../kafka/partition-source.ts';
import { MARKER, type TopicTail } from '../../kafka/topic-tail.ts';
import { type OutMessage, TransactionalWriter } from '../../kafka/transactional-writer.ts';
import type { DeadLetter } from '../../sources/dead-letter.ts';
import { READ_SIZE } from '../../sources/source.ts';
import { noCounts } from '../counts.ts';
import { Lane, type LaneOptions, type SavedLane } from '../lane.ts';
import type { PendingUse } from '../ordered.ts';
import type { SourceCounts } from '../telemetry.ts';
import { type EventsMessage, encodeEvents } from './events-message.ts';
import { Lead } from './lead.ts';
import type { RoleCounts } from './role-counts.ts';
import { DEAD_LETTERS, EVENTS, INGEST } from './topics.ts';

/** What all readers of raw partitions share. */
export interface IngestContext {
  readonly kafka: Kafka;
  readonly registry: Registry;
  readonly laneOptionsOf: (topic: string) => LaneOptions;
  /** Raw partitions by topic, all of them. */
  readonly rawPartitions: () => Readonly<Record<string, number>>;
  /** Follows `wayward.ingest`. */
  readonly tail: TopicTail;
  readonly partitionOf: (route: string) => number;
  readonly eventsPartitions: number;
  /** Live: how long after its time a record may still come in order, milliseconds. */
  readonly settle: number;
  readonly counts: RoleCounts;
}

/** Where the reader of one raw partition stands, as `wayward.ingest` keeps it. */
interface SavedReader {
  readonly lane: SavedLane;
  readonly watermark: number | null;
}

/** Events that may wait for slower partitions, over all raw partitions. */
const MOST_WAITING = 200_000;
/** Wall-clock time that is worth a transaction where nothing else is to be said, milliseconds. */
const WORTH_TELLING = 150;
const PREFIX = 'reader/';
const TOLD = 'watermark/';

/** Reads one raw partition: records → events → the partitions of the events topic, each batch in one transaction with its own position. */
export class IngestWorker implements PartitionWorker {
  readonly #context: IngestContext;
  readonly #topic: string;
  readonly #partition: number;
  readonly #name: string;
  #writer: TransactionalWriter | undefined;
  #source!: PartitionSource;
  #lane!: Lane;
  #letters: DeadLetter[] = [];
  #watermark = Number.NEGATIVE_INFINITY;
  /** The watermark that everybody was told last. */
  #told = Number.NEGATIVE_INFINITY;
  readonly #lead: Lead;

  constructor(topic: string, partition: number, context: IngestContext) {
    this.#context = context;
    this.#topic = topic;
    this.#partition = partition;
    this.#name = `${topic}/${partition}`;
    this.#lead = new Lead(Math.max(1_000, MOST_WAITING / Math.max(1, this.#raw.length)));
  }

  async start(signal: AbortSignal): Promise<number> {
    const { kafka, tail, counts } = this.#context;
    const writer = await TransactionalWriter.open(kafka, `wayward-ingest-${this.#name}`, counts.transactions);
    this.#writer = writer;
    const marker = randomUUID();
    await tail.reaches(
      marker,
      () => writer.commit([{ topic: INGEST, partition: 0, key: `${MARKER}${this.#name}`, value: marker }]),
      signal,
    );
    const bytes = tail.values.get(`${PREFIX}${this.#name}`);
    const saved: SavedReader | undefined = bytes && JSON.parse(bytes.toString());
    const position = saved?.lane.position;
    this.#source = new PartitionSource(this.#name, position?.offset ?? 0, Number(position?.identity ?? 0));
    const options = this.#context.laneOptionsOf(this.#topic);
    this.#lane = new Lane(this.#source, { ...options, onDeadLetter: (letter) => this.#letters.push(letter) });
    if (saved !== undefined) {
      this.#lane.load({ ...saved.lane, counts: noCounts() });
      this.#watermark = saved.watermark ?? Number.NEGATIVE_INFINITY;
    }
    counts.readers.add(this);
    return position?.offset ?? 0;
  }

  /** What became of the records that this worker has read. */
  get counted(): SourceCounts {
    return { name: this.#topic, counts: this.#lane.counts };
  }

  async process({ messages }: Fetched, caughtUpAt: number | undefined): Promise<void> {
    this.#source.push(messages);
    const events: PendingUse[] = [];
    while (!this.#source.isEmpty) await this.#lane.read(READ_SIZE, events, Date.now());
    if (caughtUpAt !== undefined) await this.#lane.read(READ_SIZE, events, Date.now());
    await this.#tell(events, caughtUpAt);
  }

  async tick(caughtUpAt: number | undefined): Promise<void> {
    if (caughtUpAt === undefined) return;
    const events: PendingUse[] = [];
    await this.#lane.read(READ_SIZE, events, Date.now());
    const isNews = caughtUpAt - this.#context.settle > this.#told + WORTH_TELLING;
    if (events.length > 0 || this.#letters.length > 0 || isNews) await this.#tell(events, caughtUpAt);
  }

  get waits(): boolean {
    return this.#lead.isTooFar(this.#watermark, this.#slowest());
  }

  async close(): Promise<void> {
    const { readers, retired } = this.#context.counts;
    if (readers.delete(this)) retired.push(this.counted);
    await this.#writer?.close();
  }

  get #raw(): readonly string[] {
    return Object.entries(this.#context.rawPartitions()).flatMap(([topic, count]) =>
      Array.from({ length: count }, (_, partition) => `${topic}/${partition}`),
    );
  }

  /** The least watermark of all raw partitions, as far as they have told. */
  #slowest(): number {
    const { values } = this.#context.tail;
    return this.#raw.reduce(
      (least, name) => Math.min(least, Number(values.get(`${TOLD}${name}`) ?? Number.NEGATIVE_INFINITY)),
      Number.POSITIVE_INFINITY,
    );
  }

  async #tell(events: readonly PendingUse[], caughtUpAt: number | undefined): Promise<void> {
    const { settle } = this.#context;
    const byClock = caughtUpAt === undefined ? Number.NEGATIVE_INFINITY : caughtUpAt - settle;
    this.#watermark = Math.max(this.#watermark, this.#lane.watermark, byClock);
    const letters = this.#letters;
    this.#letters = [];
    const saved: SavedReader = { lane: this.#lane.save(), watermark: finite(this.#watermark) };
    await this.#writer?.commit(
      letters.map((letter) => letterMessage(letter, this.#topic, this.#partition)),
      [
        ...this.#eventsMessages(events, caughtUpAt !== undefined),
        { topic: INGEST, partition: 0, key: `${PREFIX}${this.#name}`, value: JSON.stringify(saved) },
        { topic: INGEST, partition: 0, key: `${TOLD}${this.#name}`, value: String(this.#watermark) },
      ],
    );
    this.#told = this.#watermark;
    this.#lead.add(events.length, this.#lane.high);
  }

  /** One for every events partition: each needs to know the watermark. */
  #eventsMessages(events: readonly PendingUse[], live: boolean): OutMessage[] {
    const { registry, partitionOf, eventsPartitions, rawPartitions, counts } = this.#context;
    const byPartition = Array.from({ length: eventsPartitions }, (): PendingUse[] => []);
    for (const event of events) {
      const route = routeOf(event.use, registry);
      // Nobody need look at what counts for nobody.
      if (route === undefined) counts.unattributed++;
      else byPartition[partitionOf(route)]?.push(event);
    }
    const common: Omit<EventsMessage, 'events'> = {
      from: this.#name,
      of: rawPartitions(),
      watermark: finite(this.#watermark),
      high: finite(this.#lane.high),
      live,
      closings: [],
    };
    return byPartition.map((own, partition) => ({
      topic: EVENTS,
      partition,
      key: null,
      value: encodeEvents({ ...common, events: own }),
    }));
  }
}

const finite = (time: number): number | null => (Number.isFinite(time) ? time : null);

const letterMessage = (letter: DeadLetter, topic: string, partition: number): OutMessage => ({
  topic: DEAD_LETTERS,
  partition: 0,
  key: letter.source,
  value: JSON.stringify(letter),
  headers: { reason: letter.reason, topic, partition: String(partition), offset: String(letter.position) },
});
