import type { Kafka } from '../../kafka/client.ts';
import type { KafkaMessage } from '../../kafka/message.ts';
import { ownNames } from '../../kafka/names.ts';
import { TopicReader } from '../../kafka/topic-reader.ts';
import { withAdmin } from '../../kafka/topics.ts';
import { whileMoving } from '../../kafka/while-moving.ts';
import { removeStore, Store } from '../../sinks/store.ts';
import { type ChangesMessage, markerOf, readChanges } from './changes-message.ts';

/** The last message whose changes it has. */
interface Position {
  readonly offset: number;
  readonly seq: number;
  readonly writer: string;
  /** Where the message stands; earlier versions, which had no `kafka.prefix`, did not say. */
  readonly topic?: string;
}

const FILE = 'replica.db';
const POSITION = 'replica';
/** Brokers that restart are back by then, milliseconds. */
const AWAY = 60_000;
/** If so long nothing comes, what is still ahead is not committed, milliseconds. */
const QUIET = 3_000;

/**
 * What all responders together have written, as a store: always everything up to some message of `wayward.response`, since
 * changes and their position are one transaction. Follows the topic as long as it is open; goes on there at the next start.
 * Read it, never write to it.
 */
export class Replica {
  /** The topic that the folder held a copy of before, where `kafka.prefix` has changed since. */
  readonly left: string | undefined;
  readonly #folder: string;
  readonly #reader: TopicReader;
  readonly #kafka: Kafka;
  readonly #stop = new AbortController();
  /** Markers that somebody waits for. */
  readonly #awaited = new Set<string>();
  readonly #following: Promise<void>;
  #store: Store;
  /** What the first message of a read must be if the topic is still the one that this replica is of. */
  #expected: Position | undefined;
  #failure: Error | undefined;

  private constructor(kafka: Kafka, reader: TopicReader, folder: string) {
    this.#kafka = kafka;
    this.#reader = reader;
    this.#folder = folder;
    this.#store = new Store(folder, FILE);
    const { topic = ownNames('').topics.response } = this.#position ?? { topic: this.#topic };
    this.left = topic === this.#topic ? undefined : topic;
    if (this.left !== undefined) this.#startAnew();
    this.#following = this.#follow();
  }

  static async open(kafka: Kafka, folder: string): Promise<Replica> {
    return new Replica(kafka, await TopicReader.open(kafka, kafka.names.topics.response, 1), folder);
  }

  get store(): Store {
    return this.#store;
  }

  /** Of the last changes. */
  get seq(): number {
    return this.#position?.seq ?? 0;
  }

  /**
   * Until it has come to the marker, which `write` wrote; or the signal.
   * @throws Error once it is closed, or if it comes no further for a minute
   */
  async reaches(marker: string, write: () => Promise<void>, signal: AbortSignal): Promise<void> {
    this.#awaited.add(marker);
    try {
      await write();
      const isReached = await this.#comesTo(() => !this.#awaited.has(marker), AWAY, signal);
      if (!isReached && !signal.aborted) throw new Error(`${this.#topic} was read no further for ${AWAY / 1000} s`);
    } finally {
      this.#awaited.delete(marker);
    }
  }

  /** Until it has everything that was committed before the call. */
  async catchUp(): Promise<void> {
    const [partition] = await withAdmin(this.#kafka, (admin) => admin.fetchTopicOffsets(this.#topic));
    const end = Number(partition?.high ?? 0);
    await this.#comesTo(() => this.#reader.position(0) >= end, QUIET, this.#stop.signal);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
    await this.#reader.close();
    this.#store.close();
  }

  #comesTo(isSo: () => boolean, quiet: number, signal: AbortSignal): Promise<boolean> {
    const isThere = (): boolean => {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#stop.signal.aborted) throw new Error('the replica is closed');
      return isSo();
    };
    return whileMoving(this.#reader, isThere, quiet, signal);
  }

  async #follow(): Promise<void> {
    while (!this.#stop.signal.aborted && this.#failure === undefined) {
      this.#expected = this.#position;
      const from = this.#expected?.offset ?? 0;
      await this.#reader.read(0, (message) => this.#take(message), this.#stop.signal, from);
    }
  }

  /** True = read anew, or no more. */
  #take(message: KafkaMessage): boolean {
    try {
      return this.#apply(message);
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      return true;
    }
  }

  #apply(message: KafkaMessage): boolean {
    const marker = markerOf(message);
    if (marker !== undefined) {
      this.#awaited.delete(marker);
      return false;
    }
    const change = readChanges(message, this.#topic);
    const expected = this.#expected;
    this.#expected = undefined;
    if (expected !== undefined && (change.seq !== expected.seq || change.writer !== expected.writer)) {
      this.#startAnew();
      return true;
    }
    this.#store.transaction(() => this.#add(change, Number(message.offset)));
    return false;
  }

  #add({ seq, writer, changes }: ChangesMessage, offset: number): void {
    if (seq <= this.seq) return;
    if (seq !== this.seq + 1)
      throw new Error(
        `${this.#topic} lacks changes from ${this.seq + 1} to ${seq - 1}; it must keep everything for good`,
      );
    this.#store.apply(changes);
    this.#store.saveCheckpoint(
      POSITION,
      JSON.stringify({ offset, seq, writer, topic: this.#topic } satisfies Position),
    );
  }

  /** The topic is another one than that which this replica is of. */
  #startAnew(): void {
    this.#store.close();
    removeStore(this.#folder, FILE);
    this.#store = new Store(this.#folder, FILE);
  }

  get #topic(): string {
    return this.#kafka.names.topics.response;
  }

  get #position(): Position | undefined {
    const saved = this.#store.loadCheckpoint(POSITION);
    return saved && JSON.parse(saved.toString());
  }
}
