import { hash, randomUUID } from 'node:crypto';
import type { Registry } from '../../attribution/registry.ts';
import type { Kafka } from '../../kafka/client.ts';
import type { Fetched } from '../../kafka/fetched.ts';
import type { Log } from '../../kafka/log.ts';
import type { KafkaMessage } from '../../kafka/message.ts';
import { partitionRange } from '../../kafka/partition-range.ts';
import type { PartitionWorker } from '../../kafka/partition-slot.ts';
import { PartitionSource } from '../../kafka/partition-source.ts';
import { MARKER, type TopicTail } from '../../kafka/topic-tail.ts';
import { type OutMessage, TransactionalWriter } from '../../kafka/transactional-writer.ts';
import type { DeadLetter } from '../../sources/dead-letter.ts';
import { READ_SIZE, type SourcePosition } from '../../sources/source.ts';
import { countOne, noCounts } from '../counts.ts';
import { Lane, type LaneOptions, type SavedLane } from '../lane.ts';
import type { PendingUse } from '../ordered.ts';
import { routeOfEvent } from '../route.ts';
import type { SourceCounts } from '../telemetry.ts';
import { type EventsMessage, encodeEvents } from './events-message.ts';
import { ForeignMessage, isObject, parsed } from './foreign.ts';
import { Lead } from './lead.ts';
import { letterMessage } from './letter-message.ts';
import type { RoleCounts } from './role-counts.ts';
import { Sightings } from './sightings.ts';

/** What all readers of raw partitions share. */
export interface IngestContext {
  readonly kafka: Kafka;
  /** As it is now. */
  readonly registry: () => Registry;
  readonly laneOptionsOf: (topic: string) => LaneOptions;
  /** Raw partitions by topic, all of them. */
  readonly rawPartitions: () => Readonly<Record<string, number>>;
  /** Follows `wayward.ingest`. */
  readonly tail: TopicTail;
  readonly partitionOf: (route: string) => number;
  readonly eventsPartitions: number;
  /** Live: how long after its time a record of this topic may still come in order, milliseconds. */
  readonly settleOf: (topic: string) => number;
  readonly counts: RoleCounts;
  readonly log: Log;
}

/** Where the reader of one raw partition stands, as `wayward.ingest` keeps it. */
interface SavedReader {
  readonly lane: SavedLane;
  readonly watermark: number | null;
  readonly blankBefore: number;
}

/** Events that may wait for slower partitions, over all raw partitions. */
const MOST_WAITING = 200_000;
/** Wall-clock time that is worth a transaction where nothing else is to be said, milliseconds. */
const WORTH_TELLING = 150;
const [LF, CR] = [10, 13];
const BEGINNING = { offset: 0, identity: '0' };
const READER = 'reader/';
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
  /** Messages before it have been looked at for whether anything is in them: a restart reads some of them again. */
  #blankBefore = 0;
  /** The watermark that everybody was told last. */
  #told = Number.NEGATIVE_INFINITY;
  readonly #lead: Lead;
  readonly #sightings = new Sightings();

  constructor(topic: string, partition: number, context: IngestContext) {
    this.#context = context;
    this.#topic = topic;
    this.#partition = partition;
    this.#name = `${topic}/${partition}`;
    this.#lead = new Lead(Math.max(1_000, MOST_WAITING / Math.max(1, this.#raw.length)));
  }

  async start(signal: AbortSignal): Promise<number> {
    const { kafka, tail, counts } = this.#context;
    const writer = await TransactionalWriter.open(kafka, kafka.names.id('ingest', this.#name), counts.transactions);
    this.#writer = writer;
    const marker = randomUUID();
    await tail.reaches(
      marker,
      () =>
        writer.commit([
          { topic: kafka.names.topics.ingest, partition: 0, key: `${MARKER}${this.#name}`, value: marker },
        ]),
      signal,
    );
    const saved = savedReader(tail, `${READER}${this.#name}`);
    const { offset, identity } = await this.#goesOnAt(saved?.lane.position);
    this.#blankBefore = saved?.blankBefore ?? 0;
    if (offset === 0) this.#blankBefore = 0;
    this.#source = new PartitionSource(this.#name, offset, Number(identity));
    const options = this.#context.laneOptionsOf(this.#topic);
    this.#lane = new Lane(this.#source, { ...options, onDeadLetter: (letter) => this.#letters.push(letter) });
    if (saved !== undefined) {
      this.#lane.load({ ...saved.lane, counts: noCounts() });
      this.#watermark = saved.watermark ?? Number.NEGATIVE_INFINITY;
    }
    counts.readers.add(this);
    return offset;
  }

  /** A topic that was made anew is read from its beginning. */
  async #goesOnAt(saved: SourcePosition | undefined): Promise<Pick<SourcePosition, 'offset' | 'identity'>> {
    if (saved === undefined) return BEGINNING;
    const { end } = await partitionRange(this.#context.kafka, this.#topic, this.#partition);
    if (saved.offset <= end) return saved;
    this.#context.log.error(
      { partition: this.#name, read: saved.offset, end },
      'the topic ends before what was read of it, so it was made anew: it is read from its beginning',
    );
    return BEGINNING;
  }

  /** What became of the records that this worker has read. */
  get counted(): SourceCounts {
    return { name: this.#topic, partition: String(this.#partition), counts: this.#lane.counts };
  }

  async process({ messages, next }: Fetched, caughtUpAt: number | undefined): Promise<void> {
    for (const message of messages) if (Number(message.offset) >= this.#blankBefore) this.#lookForBlank(message);
    this.#blankBefore = Math.max(this.#blankBefore, next);
    this.#source.push(messages);
    const events: PendingUse[] = [];
    while (!this.#source.isEmpty) await this.#lane.read(READ_SIZE, events, Date.now());
    if (caughtUpAt !== undefined) await this.#lane.read(READ_SIZE, events, Date.now());
    await this.#tell(events, caughtUpAt);
  }

  lost(from: number, to: number): void {
    const reason = 'deleted-before-read';
    this.#source.skipTo(to);
    const { counts } = this.#context;
    counts.lost.set(this.#topic, (counts.lost.get(this.#topic) ?? 0) + to - from);
    countOne(this.#lane.counts.deadLetters, reason);
    this.#letters.push({
      ...{ source: this.#name, position: from, length: 0, hash: hash('sha256', '', 'hex'), reason, excerpt: '' },
      detail: `The messages from offset ${from} to ${to - 1} were deleted before they were read: ${to - from}.`,
    });
  }

  async tick(caughtUpAt: number | undefined): Promise<void> {
    if (caughtUpAt === undefined) return;
    const events: PendingUse[] = [];
    await this.#lane.read(READ_SIZE, events, Date.now());
    const isNews = caughtUpAt - this.#settle > this.#told + WORTH_TELLING;
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

  /** A message is a record, also where nothing is in it; as bytes it would not be seen. */
  #lookForBlank({ value, offset }: KafkaMessage): void {
    const first = value?.[0] ?? LF;
    if (first !== LF && first !== CR) return; // most of them
    if (value?.some((byte) => byte !== LF && byte !== CR)) return;
    const reason = value === null ? 'no-value' : 'empty';
    const { counts } = this.#lane;
    counts.records++;
    countOne(counts.deadLetters, reason);
    const bytes = value ?? Buffer.alloc(0);
    this.#letters.push({
      ...{ source: this.#name, position: Number(offset), length: bytes.length, hash: hash('sha256', bytes, 'hex') },
      ...{ reason, excerpt: '' },
    });
  }

  get #settle(): number {
    return this.#context.settleOf(this.#topic);
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
    const { kafka } = this.#context;
    const { ingest, deadLetters } = kafka.names.topics;
    const byClock = caughtUpAt === undefined ? Number.NEGATIVE_INFINITY : caughtUpAt - this.#settle;
    this.#watermark = Math.max(this.#watermark, this.#lane.watermark, byClock);
    const letters = this.#letters;
    const place = { topic: this.#topic, partition: this.#partition };
    const { redactor } = this.#context.laneOptionsOf(this.#topic).context;
    this.#letters = [];
    const saved: SavedReader = {
      lane: this.#lane.save(),
      watermark: finite(this.#watermark),
      blankBefore: this.#blankBefore,
    };
    await this.#writer?.commit(
      letters.map((letter) => letterMessage(deadLetters, letter, place, redactor)),
      [
        ...this.#eventsMessages(events, caughtUpAt),
        { topic: ingest, partition: 0, key: `${READER}${this.#name}`, value: JSON.stringify(saved) },
        { topic: ingest, partition: 0, key: `${TOLD}${this.#name}`, value: String(this.#watermark) },
      ],
    );
    this.#source.forgetBefore(leastPosition(saved.lane));
    this.#told = this.#watermark;
    this.#lead.add(events.length, this.#lane.high);
  }

  /** One for every events partition: each needs to know the watermark. */
  #eventsMessages(events: readonly PendingUse[], caughtUpAt: number | undefined): OutMessage[] {
    const { kafka, registry, partitionOf, eventsPartitions, rawPartitions, counts } = this.#context;
    const byPartition = Array.from({ length: eventsPartitions }, (): PendingUse[] => []);
    const registered = registry();
    for (const event of events) {
      const route = routeOfEvent(event.use, registered);
      // Nobody need look at what counts for nobody.
      if (route === undefined) counts.unattributed++;
      else byPartition[partitionOf(route)]?.push(event);
      const sighting = this.#sightings.of(event, registered);
      if (sighting !== undefined) byPartition[partitionOf(sighting.route)]?.push(sighting.event);
    }
    const common: Omit<EventsMessage, 'events'> = {
      from: this.#name,
      of: rawPartitions(),
      watermark: finite(this.#watermark),
      high: finite(this.#lane.high),
      ...(events.length > 0 && { low: events.reduce((least, { use }) => Math.min(least, use.time), Infinity) }),
      live: caughtUpAt !== undefined,
      own: {
        watermark: finite(this.#lane.watermark),
        readAt: caughtUpAt ?? Date.now(),
        settled: caughtUpAt === undefined ? null : caughtUpAt - this.#settle,
      },
      closings: [],
    };
    return byPartition.map((own, partition) => ({
      topic: kafka.names.topics.events,
      partition,
      key: null,
      value: encodeEvents({ ...common, events: own }),
    }));
  }
}

const finite = (time: number): number | null => (Number.isFinite(time) ? time : null);

/** @throws Error for what no reader wrote: to begin anew would say everything twice */
function savedReader(tail: TopicTail, key: string): SavedReader | undefined {
  const bytes = tail.values.get(key);
  if (bytes === undefined) return undefined;
  try {
    const saved = parsed(bytes.toString());
    if (isObject(saved) && isObject(saved.lane) && isObject(saved.lane.position)) {
      const { offset, identity } = saved.lane.position;
      if (Number.isSafeInteger(offset) && /^\d+$/.test(String(identity))) return saved as unknown as SavedReader;
    }
  } catch (error) {
    if (!(error instanceof ForeignMessage)) throw error;
  }
  throw new Error(
    `${tail.topic}/0, offset ${tail.offsetOf(key)}: under the key ${key} stands what no reader wrote. Write there again what stood there before, or a message without a value to read that partition from its beginning`,
  );
}

/** Of the first message that a letter or a restart may still ask for. */
const leastPosition = ({ position, suspects }: SavedLane): number =>
  suspects.reduce((least, letter) => Math.min(least, letter.position), position.offset);
