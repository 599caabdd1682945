import type { Kafka } from './client.ts';
import { TopicReader } from './topic-reader.ts';
import { whileMoving } from './while-moving.ts';

/** Brokers that restart are back by then, milliseconds. */
const QUIET = 60_000;

/**
 * The newest value of each key of a small compacted topic with one partition, kept up to date as long as it is open.
 * Keys with a marker's prefix are not kept: they only say how far the tail has come.
 */
export class TopicTail {
  readonly values = new Map<string, Buffer>();
  readonly #offsets = new Map<string, string>();
  readonly #stop = new AbortController();
  readonly topic: string;
  readonly #reader: TopicReader;
  /** Markers that somebody waits for. */
  readonly #awaited = new Set<string>();
  readonly #following: Promise<void>;

  private constructor(topic: string, reader: TopicReader) {
    this.topic = topic;
    this.#reader = reader;
    this.#following = reader.read(
      0,
      ({ key, value, offset }) => {
        if (key !== null) this.#take(key.toString(), value, offset);
        return false;
      },
      this.#stop.signal,
    );
  }

  static async open(kafka: Kafka, topic: string): Promise<TopicTail> {
    return new TopicTail(topic, await TopicReader.open(kafka, topic, 1));
  }

  /**
   * Until it has read the marker, which was written by `write`; or the signal.
   * @throws Error if it comes no further for a minute
   */
  async reaches(marker: string, write: () => Promise<void>, signal: AbortSignal): Promise<void> {
    this.#awaited.add(marker);
    try {
      await write();
      const isReached = await whileMoving(this.#reader, () => !this.#awaited.has(marker), QUIET, signal);
      if (!isReached && !signal.aborted)
        throw new Error(
          `${this.topic} was read no further for ${QUIET / 1000} s: its brokers do not give what they took`,
        );
    } finally {
      this.#awaited.delete(marker);
    }
  }

  /** Where the newest message of a key stands, for a person. */
  offsetOf(key: string): string | undefined {
    return this.#offsets.get(key);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
    await this.#reader.close();
  }

  #take(key: string, value: Buffer | null, offset: string): void {
    if (key.startsWith(MARKER)) {
      this.#awaited.delete(value?.toString() ?? '');
      return;
    }
    if (value === null) this.values.delete(key);
    else this.values.set(key, value);
    this.#offsets.set(key, offset);
  }
}

/** A marker is overwritten by the next one of the same partition: compaction leaves one of each. */
export const MARKER = 'marker/';
