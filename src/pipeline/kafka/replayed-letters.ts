import type { OutMessage } from '../../kafka/transactional-writer.ts';

export const REPLAYED = 'replayed/';
/** Letters in one message: a bit each, so a million letters take 128 KiB. */
const CHUNK = 8_192;

/** Which dead letters have been replayed, by their offset in `wayward.dead-letters`: kept in `wayward.ingest`, a bit each. */
export class ReplayedLetters {
  readonly #chunks = new Map<number, Buffer>();
  readonly #changed = new Set<number>();

  /** Takes the newest values of `wayward.ingest`; other keys are none of its business. */
  constructor(values: Iterable<readonly [key: string, value: Buffer]>) {
    for (const [key, value] of values) {
      const chunk = Number(key.slice(REPLAYED.length));
      if (!key.startsWith(REPLAYED) || !Number.isSafeInteger(chunk) || value.length !== CHUNK / 8) continue;
      this.#chunks.set(chunk, Buffer.from(value));
    }
  }

  has(offset: number): boolean {
    const byte = this.#chunks.get(Math.floor(offset / CHUNK))?.[(offset % CHUNK) >> 3] ?? 0;
    return (byte & (1 << (offset & 7))) !== 0;
  }

  add(offset: number): void {
    const chunk = Math.floor(offset / CHUNK);
    const bits = this.#chunks.get(chunk) ?? Buffer.alloc(CHUNK / 8);
    const at = (offset % CHUNK) >> 3;
    bits[at] = (bits[at] ?? 0) | (1 << (offset & 7));
    this.#chunks.set(chunk, bits);
    this.#changed.add(chunk);
  }

  /** What has changed since the last call, to be written in the transaction with the events. */
  messages(topic: string): OutMessage[] {
    const messages = [...this.#changed].map((chunk) => ({
      topic,
      partition: 0,
      key: `${REPLAYED}${chunk}`,
      value: Buffer.from(this.#chunks.get(chunk) ?? []),
    }));
    this.#changed.clear();
    return messages;
  }
}
