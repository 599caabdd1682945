import type { Admin, Consumer, EachBatchPayload } from 'kafkajs';
import type { Kafka } from './client.ts';
import { fetchedFrom } from './fetched.ts';
import type { Log } from './log.ts';
import { PartitionSlot, type PartitionWorker } from './partition-slot.ts';
import type { GroupSession } from './settings.ts';
import { standingConsumer } from './standing-consumer.ts';
import { untilAnswered } from './until-answered.ts';
import { wait } from './wait.ts';

export interface PartitionGroupOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly worker: (topic: string, partition: number) => PartitionWorker;
  readonly log: Log;
  /** Ask the broker every tick where partitions begin and end, for workers that need to know that they have caught up. */
  readonly watchEnds?: boolean;
  /** Bytes worth waiting a moment for: every fetch costs a transaction. */
  readonly gather?: number;
}

/** How long a fetch waits for data, milliseconds: an alert waits for it, too. */
const FETCH_WAIT = 100;
const TICK = 200;
/** How often the group is told how far it has come: only for people and tools that watch lag. */
const REPORT_EVERY = 5_000;
const CONCURRENT = 256;

/**
 * The partitions of some topics shared among all processes of a group: for each that is ours, a worker. Kafka's group only
 * says whose turn it is; that nobody else writes for a partition is the worker's own fencing.
 */
export class PartitionGroup {
  readonly #options: PartitionGroupOptions;
  readonly #consumer: Consumer;
  readonly #admin: Admin;
  readonly #session: GroupSession;
  readonly #slots = new Map<string, PartitionSlot>();
  /** When the fetch under way was sent, by node. */
  readonly #fetchStarted = new Map<string, number>();
  readonly #stop = new AbortController();
  #ticking: Promise<void> = Promise.resolve();
  #memberId = '';
  #reported = Date.now();
  #reportedAt = new Map<string, number>();

  constructor(kafka: Kafka, options: PartitionGroupOptions) {
    this.#options = options;
    this.#session = kafka.session;
    this.#admin = kafka.admin();
    this.#consumer = standingConsumer(kafka, {
      groupId: options.groupId,
      sessionTimeout: this.#session.timeout,
      heartbeatInterval: this.#session.heartbeat,
      rebalanceTimeout: 30_000,
      metadataMaxAge: 30_000,
      maxWaitTimeInMs: FETCH_WAIT,
      minBytes: options.gather ?? 1,
    });
    const { events } = this.#consumer;
    this.#consumer.on(events.GROUP_JOIN, ({ payload }) => this.#joined(payload.memberId, payload.memberAssignment));
    this.#consumer.on(events.FETCH_START, ({ payload, timestamp }) => {
      this.#fetchStarted.set(String(payload.nodeId), timestamp);
    });
    this.#consumer.on(events.END_BATCH_PROCESS, ({ payload }) => {
      // With messages in it, it may have been left alone: the slot was just being started, or was told to read elsewhere.
      if (payload.batchSize > 0) return;
      const from = Number(payload.firstOffset);
      this.#slots.get(nameOf(payload.topic, payload.partition))?.skip(from, Number(payload.lastOffset) + 1);
    });
  }

  async start(): Promise<void> {
    await this.#admin.connect();
    await this.#consumer.connect();
    await untilAnswered(() => this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true }));
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: CONCURRENT,
      eachBatch: (payload) => this.#take(payload),
    });
    this.#ticking = this.#tickUntilStopped();
  }

  /** Finishes what is under way, and leaves at once so that others can take over. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ticking;
    const last = this.#running;
    await Promise.all(this.slots.map((slot) => slot.stop()));
    await this.#report(last);
    await this.#consumer.disconnect();
    await this.#admin.disconnect();
  }

  get #running(): readonly PartitionSlot[] {
    return this.slots.filter(({ running }) => running);
  }

  get slots(): readonly PartitionSlot[] {
    return [...this.#slots.values()];
  }

  /** Whether the group has met, and every partition that is ours has been taken over. */
  get ready(): boolean {
    return this.#memberId !== '' && this.slots.every(({ running }) => running);
  }

  #joined(memberId: string, assignment: Readonly<Record<string, readonly number[]>>): void {
    // Others leave while this one does: nobody would stop what began now.
    if (this.#stop.signal.aborted) return;
    // As another member we have been out of the group: others may have had our partitions in the meantime.
    const stayed = memberId === this.#memberId;
    this.#memberId = memberId;
    const ours = new Map(
      Object.entries(assignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => [nameOf(topic, partition), { topic, partition }] as const),
      ),
    );
    for (const [name, slot] of this.#slots) {
      if (stayed && ours.has(name)) {
        slot.confirm();
        continue;
      }
      this.#slots.delete(name);
      void slot.stop();
    }
    for (const [name, place] of ours) {
      if (!this.#slots.has(name)) this.#slots.set(name, this.#newSlot(place.topic, place.partition));
    }
    this.#options.log.info({ group: this.#options.groupId, partitions: [...ours.keys()] }, 'partitions assigned');
  }

  #newSlot(topic: string, partition: number): PartitionSlot {
    const here = [{ topic, partitions: [partition] }];
    const reader = {
      pause: () => this.#consumer.pause(here),
      readFrom: (offset: number) => {
        this.#consumer.seek({ topic, partition, offset: String(offset) });
        this.#consumer.resume(here);
      },
    };
    return new PartitionSlot(topic, partition, () => this.#options.worker(topic, partition), reader, this.#options.log);
  }

  async #take({ batch, resolveOffset, heartbeat, isStale }: EachBatchPayload): Promise<void> {
    const slot = this.#slots.get(nameOf(batch.topic, batch.partition));
    if (slot === undefined || !slot.running || isStale()) return;
    // What the broker had when it was asked, not when we came to look at it.
    const at = Math.min(...this.#fetchStarted.values());
    // kafkajs itself beats after the batch, and sees what this one could not: most often, that the group meets again.
    const beat = setInterval(() => void heartbeat().catch(() => slot.interrupt()), this.#session.heartbeat);
    try {
      const first = Number(batch.firstOffset() ?? 0);
      const done = await slot.take(first, (position) => fetchedFrom(batch, position), Number(batch.highWatermark), at);
      if (done) resolveOffset(batch.lastOffset());
    } finally {
      clearInterval(beat);
    }
  }

  async #tickUntilStopped(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        if (this.#options.watchEnds === true) await this.#lookAtEnds();
        await Promise.all(this.slots.map((slot) => slot.tick()));
        if (Date.now() - this.#reported > REPORT_EVERY) await this.#report(this.#running);
      } catch (error) {
        this.#options.log.warn({ group: this.#options.groupId, err: error }, 'the broker could not be asked');
      }
      await wait(TICK, this.#stop.signal);
    }
  }

  async #lookAtEnds(): Promise<void> {
    const topics = new Set(this.slots.map(({ topic }) => topic));
    for (const topic of topics) {
      const at = Date.now();
      for (const { partition, low, high } of await this.#admin.fetchTopicOffsets(topic)) {
        this.#slots.get(nameOf(topic, partition))?.sawRange({ begin: Number(low), end: Number(high) }, at);
      }
    }
  }

  /** Tells the group where we are. What counts is what workers wrote in their transactions. */
  async #report(slots: readonly PartitionSlot[]): Promise<void> {
    this.#reported = Date.now();
    const news = slots.filter(({ name, position }) => this.#reportedAt.get(name) !== position);
    if (news.length === 0) return;
    try {
      await this.#consumer.commitOffsets(
        news.map(({ topic, partition, position }) => ({ topic, partition, offset: String(position) })),
      );
      this.#reportedAt = new Map(this.slots.map(({ name, position }) => [name, position]));
    } catch (error) {
      this.#options.log.info({ group: this.#options.groupId, err: error }, 'how far we are could not be reported');
    }
  }
}

const nameOf = (topic: string, partition: number): string => `${topic}/${partition}`;
