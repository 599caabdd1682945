import { createHash } from 'node:crypto';

/**
 * Bytes of its beginning that are kept, and read: user, command and object stand in the first hundreds. Also more than an excerpt looks at, so
 * that no secret is cut where the excerpt can't tell.
 */
export const HEAD = 16 * 1024;

/** A record too long to be held: its length, its SHA-256 and its head, made as its bytes come. */
export class LongRecord {
  readonly position: number;
  readonly #hash = createHash('sha256');
  #head = Buffer.alloc(0);
  #length = 0;

  constructor(position: number) {
    this.position = position;
  }

  add(bytes: Buffer): void {
    if (this.#head.length < HEAD) this.#head = Buffer.concat([this.#head, bytes.subarray(0, HEAD - this.#head.length)]);
    this.#hash.update(bytes);
    this.#length += bytes.length;
  }

  /** Adds a line, behind a line end unless it is the first. */
  addLine(bytes: Buffer): void {
    if (this.#length > 0) this.add(Buffer.of(10));
    this.add(bytes);
  }

  finish(): { position: number; length: number; hash: string; head: Buffer } {
    return { position: this.position, length: this.#length, hash: this.#hash.digest('hex'), head: this.#head };
  }
}
