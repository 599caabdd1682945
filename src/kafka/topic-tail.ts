import type { Kafka } from 'kafkajs';
import { TopicReader } from './topic-reader.ts';
import { wait } from './wait.ts';

const LOOK_EVERY = 10;

/**
 * The newest value of each key of a small compacted topic with one partition, kept up to date as long as it is open.
 * Keys with a marker's prefix are not kept: they only say how far the tail has come.
 */
export class TopicTail {
  readonly values = new Map<string, Buffer>();
  readonly #offsets = new Map<string, string>();
  readonly #stop = new AbortController();
  readonly #reader: TopicReader;
  /** Markers that somebody waits for. */
  readonly #awaited = new Set<string>();
  readonly #following: Promise<void>;

  private constructor(reader: TopicReader) {
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
    return new TopicTail(await TopicReader.open(kafka, topic, 1));
  }

  /** Until it has read the marker, which was written by `write`; or the signal. */
  async reaches(marker: string, write: () => Promise<void>, signal: AbortSignal): Promise<void> {
    this.#awaited.add(marker);
    await write();
    while (this.#awaited.has(marker) && !signal.aborted) await wait(LOOK_EVERY, signal);
    this.#awaited.delete(marker);
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
