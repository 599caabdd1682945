import { randomUUID } from 'node:crypto';
import type { Alert } from '../../alerts/alert.ts';
import type { Credential } from '../../attribution/credential.ts';
import { forgetDeeds } from '../../attribution/deed.ts';
import type { Registry } from '../../attribution/registry.ts';
import type { Activity } from '../../baselines/activity.ts';
import type { Names } from '../../baselines/names.ts';
import type { Rules } from '../../config/rules.ts';
import type { ObservedFinding } from '../../detectors/observed-finding.ts';
import { observedDocument } from '../../documents/observed.ts';
import { UsageError } from '../../errors.ts';
import type { Kafka } from '../../kafka/client.ts';
import type { Fetched } from '../../kafka/fetched.ts';
import type { Log } from '../../kafka/log.ts';
import type { KafkaMessage } from '../../kafka/message.ts';
import type { OwnTopics } from '../../kafka/names.ts';
import { type PartitionRange, partitionRange } from '../../kafka/partition-range.ts';
import type { PartitionWorker } from '../../kafka/partition-slot.ts';
import type { TopicReader } from '../../kafka/topic-reader.ts';
import { MARKER } from '../../kafka/topic-tail.ts';
import { type OutMessage, TransactionalWriter } from '../../kafka/transactional-writer.ts';
import type { Condition } from '../../ops/telemetry.ts';
import { Core } from '../core.ts';
import { Disorder, type DisorderCounts } from '../disorder.ts';
import { MIGRATED, underKey } from '../name-key.ts';
import { logObserved } from '../observing-log.ts';
import type { ReloadOrder, RulesInUse } from '../rules-in-use.ts';
import { AlertRevisions } from './alert-revisions.ts';
import { documentMessage } from './document-message.ts';
import { decodeEvents, type EventsMessage } from './events-message.ts';
import { ForeignMessage, type ForeignMessages, type Place } from './foreign.ts';
import { PartitionDetector } from './partition-detector.ts';
import type { RoleCounts } from './role-counts.ts';
import { offsetMessage, snapshotMessages, withoutMessages } from './snapshot.ts';
import { SnapshotReader } from './snapshot-reader.ts';

/** What detection of all partitions in this process shares. */
export interface DetectContext {
  readonly kafka: Kafka;
  readonly rules: RulesInUse;
  /** The events partition of a peer group. */
  readonly partitionOf: (route: string) => number;
  /** Reads `wayward.state`. */
  readonly states: TopicReader;
  /** Events that may wait in one partition. */
  readonly maxWaiting: number;
  /** Milliseconds between two snapshots of a partition. */
  readonly snapshotEvery: number;
  readonly names: Names;
  /** A person accepts that names of another key are lost. */
  readonly forgetNames: boolean;
  /** Told that this process may not go on at all, and why. */
  readonly onRefused: (error: UsageError) => void;
  readonly counts: RoleCounts;
  readonly foreign: ForeignMessages;
  readonly log: Log;
}

/** Without alerts, progress is committed every so often, milliseconds: what is not committed is done again after a crash. */
const COMMIT_EVERY = 1_000;
const PROGRESS_EVERY = 2_000;

/** Detects on one events partition: what it finds and how far it has come are committed in one transaction. */
export class DetectWorker implements PartitionWorker {
  readonly waits = false;
  readonly #context: DetectContext;
  readonly #partition: number;
  readonly #owns: (credential: Credential) => boolean;
  readonly #revisions = new AlertRevisions();
  /** That of the rules that this partition is judged by. */
  #registry: Registry;
  /** Worth showing beside alerts, since the last transaction. */
  #observed: (Activity | ObservedFinding)[] = [];
  readonly #detector: PartitionDetector;
  readonly #disorder: Disorder;
  #writer: TransactionalWriter | undefined;
  /** Messages before it were dealt with by an earlier transaction: what comes of them has been said. */
  #committed = 0;
  #position = 0;
  /** Events that were processed again after a takeover, without a word to anyone. */
  #replayed = 0;
  #committedAt = 0;
  /** Keys in the state topic that nobody needs any more; they go with the next snapshot. */
  #outdated: string[] = [];
  /** Partitions don't all make their snapshots at once. */
  #snapshotAt: number;

  constructor(partition: number, context: DetectContext) {
    this.#partition = partition;
    this.#context = context;
    this.#owns = ({ peerGroup }) => context.partitionOf(peerGroup) === partition;
    const { registry, detectors } = context.rules.current;
    this.#registry = registry;
    const core = new Core(registry, detectors, (alert: Alert) => this.#revisions.take(alert), {
      observed: (activity) => this.#observed.push(activity),
      owns: this.#owns,
      names: context.names,
      observing: (finding) => this.#observed.push(finding),
    });
    this.#detector = new PartitionDetector(core, context.maxWaiting);
    this.#disorder = new Disorder(context.log);
    this.#snapshotAt = Date.now() + context.snapshotEvery * (0.5 + Math.random());
  }

  async start(signal: AbortSignal): Promise<number> {
    const { kafka, counts } = this.#context;
    this.#writer = await TransactionalWriter.open(
      kafka,
      kafka.names.id('detect', this.#partition),
      counts.transactions,
    );
    const saved = await this.#read(signal);
    // What an earlier worker of this partition was told may be later than the snapshot: it has its place among the events again.
    for (const credential of this.#registry.credentials) if (this.#owns(credential)) forgetDeeds(credential);
    this.#committed = saved.offset;
    const { begin } = await this.#requireEvents(saved.offset);
    this.#position = this.#restore(saved) ?? begin;
    this.#outdated = saved.outdatedKeys(begin);
    const { ordered } = this.#detector;
    // Where the files here are others by now, that is said: what was ordered is not there to go on with.
    if (ordered !== undefined) this.#use(this.#context.rules.follow(ordered));
    this.#disorder.begin(this.disordered);
    counts.detectors.add(this);
    return this.#position;
  }

  get core(): Core {
    return this.#detector.core;
  }

  get #topics(): OwnTopics {
    return this.#context.kafka.names.topics;
  }

  /** Goes on from the last snapshot. Gives its offset; undefined where there is none to go on from. */
  #restore({ last }: SnapshotReader): number | undefined {
    const { log, names, forgetNames, onRefused } = this.#context;
    const partition = this.#partition;
    if (last === undefined) return undefined;
    if (last === 'unreadable') {
      log.warn(
        { partition },
        'no version of Wayward that this one knows made the snapshot: all events that are kept are replayed',
      );
      return undefined;
    }
    const { snapshot, report } = last;
    if (report.migrated + report.unreadable > 0) log.warn({ partition, ...report }, MIGRATED);
    try {
      const where = `${this.#topics.state}/${partition}`;
      const baselines = underKey(snapshot.core.engine.baselines, { key: names.id, forgetNames }, where);
      const core = { ...snapshot.core, engine: { ...snapshot.core.engine, baselines } };
      this.#detector.load(snapshot.detector, core);
    } catch (error) {
      if (error instanceof UsageError) onRefused(error);
      throw error;
    }
    return snapshot.offset;
  }

  get disordered(): DisorderCounts {
    const { behind, overflow } = this.#detector.disordered;
    const { latePeers, engine } = this.core;
    return { late: engine.counts.late, late_peer: latePeers, behind, overflow, lost: 0 };
  }

  get order(): Condition {
    return this.#disorder.conditionAt(Date.now());
  }

  get watermark(): number {
    return this.#detector.watermark;
  }

  async process({ messages, next }: Fetched): Promise<void> {
    for (const { value, offset } of messages) {
      const message = this.#decode(value, offset);
      if (message === undefined) continue;
      if (message.reload !== undefined && Number(offset) >= this.#committed)
        await this.#reload(message.reload, Number(offset));
      this.#detector.take(message);
      if (Number(offset) >= this.#committed) continue;
      this.#replayed += message.events.length;
      this.#disorder.begin(this.disordered);
      this.#revisions.forget();
      this.#observed = [];
    }
    this.#position = next;
    this.#tellOfReplay();
    await this.#mayCommit();
  }

  /** @throws Error for what another version wrote: that must not be passed over */
  #decode(value: Buffer | null, offset: string): EventsMessage | undefined {
    return this.#takeOwn({ topic: this.#topics.events, partition: this.#partition, offset }, () => decodeEvents(value));
  }

  #takeOwn<T>(place: Place, take: () => T): T | undefined {
    try {
      return take();
    } catch (cause) {
      if (!(cause instanceof ForeignMessage))
        throw new Error(`${place.topic}/${place.partition}, offset ${place.offset}: ${cause}`, { cause });
      this.#context.foreign.passOver(place, cause);
      return undefined;
    }
  }

  /** @throws Error where the events that were dealt with can't be those of this topic: it would wait in silence for their number */
  async #requireEvents(committed: number): Promise<PartitionRange> {
    const range = await partitionRange(this.#context.kafka, this.#topics.events, this.#partition);
    const { end } = range;
    if (committed > end)
      throw new Error(
        `${this.#topics.events}/${this.#partition} ends at ${end}, but ${this.#topics.state} says that it was dealt with up to ${committed}: one of the two was made anew or written to by somebody else. Make both anew: it learns from what comes`,
      );
    return range;
  }

  #tellOfReplay(): void {
    if (this.#replayed === 0 || this.#position < this.#committed) return;
    this.#context.log.info({ partition: this.#partition, events: this.#replayed }, 'replayed');
    this.#replayed = 0;
  }

  async tick(): Promise<void> {
    await this.#mayCommit();
  }

  async close(): Promise<void> {
    this.#context.counts.detectors.delete(this);
    await this.#writer?.close();
  }

  /**
   * With a snapshot of what the rules before came to: whoever replays begins behind it, and needs those no more. What a transaction has dealt
   * with is never judged anew by others.
   */
  async #reload(order: ReloadOrder, offset: number): Promise<void> {
    const rules = this.#context.rules.follow(order);
    if (rules === undefined || rules.registry === this.#registry) return;
    this.#position = offset;
    await this.#commit(true);
    this.#use(rules);
  }

  #use(rules: Rules | undefined): void {
    if (rules === undefined || rules.registry === this.#registry) return;
    this.#registry = rules.registry;
    this.#detector.reload(rules.registry, rules.detectors);
  }

  async #mayCommit(): Promise<void> {
    if (this.#position <= this.#committed) return;
    const now = Date.now();
    this.#disorder.look(this.disordered, now, { partition: this.#partition });
    const snapshot = now >= this.#snapshotAt;
    if (!snapshot && this.#revisions.isEmpty && now - this.#committedAt < COMMIT_EVERY) return;
    await this.#commit(snapshot);
  }

  async #commit(snapshot: boolean): Promise<void> {
    const observed = this.#observed;
    this.#observed = [];
    const documents = observed.map((activity) => documentMessage(this.#topics.documents, observedDocument(activity)));
    const messages: OutMessage[] = [
      ...this.#revisions.messages(this.#topics.alerts),
      ...documents,
      offsetMessage(this.#topics.state, this.#partition, this.#position),
    ];
    await this.#writer?.commit(messages, snapshot ? this.#snapshot() : []);
    this.#committed = this.#position;
    this.#committedAt = Date.now();
    for (const one of observed) if (one.kind === 'finding') logObserved(this.#context.log, one);
  }

  #snapshot(): OutMessage[] {
    this.#snapshotAt = Date.now() + this.#context.snapshotEvery;
    const detector = this.#detector.save();
    const { state } = this.#topics;
    const partition = this.#partition;
    const core = this.core.saveChanges();
    const messages = snapshotMessages(state, partition, { offset: this.#position, detector, core });
    return [...messages, ...withoutMessages(state, partition, this.#outdated.splice(0))];
  }

  /** Everything that was committed for this partition: up to a marker of our own, since the end of the topic may be moving. */
  async #read(signal: AbortSignal): Promise<SnapshotReader> {
    const { states, log, counts } = this.#context;
    const began = Date.now();
    const marker = randomUUID();
    await this.#writer?.commit([{ topic: this.#topics.state, partition: this.#partition, key: MARKER, value: marker }]);
    const reader = new SnapshotReader(this.#topics);
    let told = began;
    const visit = ({ key, value, offset }: KafkaMessage): boolean => {
      if (key?.toString() === MARKER) return value?.toString() === marker;
      this.#takeOwn({ topic: this.#topics.state, partition: this.#partition, offset }, () =>
        reader.take(key?.toString() ?? '', value),
      );
      if (Date.now() - told > PROGRESS_EVERY) {
        told = Date.now();
        log.info({ partition: this.#partition, principals: reader.principals, bytes: reader.bytes }, 'restoring');
      }
      return false;
    };
    await states.read(this.#partition, visit, signal);
    signal.throwIfAborted();
    const milliseconds = Date.now() - began;
    const { principals, bytes } = reader;
    counts.restore = { milliseconds, principals, bytes };
    log.info({ partition: this.#partition, milliseconds, principals, bytes }, 'restored');
    return reader;
  }
}
