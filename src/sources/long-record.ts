import { createHash } from 'node:crypto';
import { CsvOutline } from './csv-outline.ts';
import type { TooLong } from './framing.ts';
import { JsonOutline } from './json-outline.ts';

const BRACE = 123;

/**
 * Bytes of its beginning that are kept, and read: user, command and object stand in the first hundreds. Also more than an excerpt looks at, so
 * that no secret is cut where the excerpt can't tell.
 */
export const HEAD = 16 * 1024;
/** Bytes of its end: how many rows a statement gave stands behind its text. */
const TAIL = 1024;
const LINE_END = Buffer.of(10);

/** The last bytes that came, without a copy of them for each of a million short lines. */
class Tail {
  readonly #bytes = Buffer.alloc(16 * TAIL);
  #length = 0;

  push(bytes: Buffer): void {
    const from = Math.max(0, bytes.length - TAIL);
    if (this.#length + bytes.length - from > this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#length - TAIL, this.#length);
      this.#length = TAIL;
    }
    this.#length += bytes.copy(this.#bytes, this.#length, from);
  }

  get last(): Buffer {
    return this.#bytes.subarray(Math.max(0, this.#length - TAIL), this.#length);
  }
}

/** A record too long to be held: its length, its SHA-256 and its head, made as its bytes come. */
export class LongRecord {
  readonly position: number;
  readonly #hash = createHash('sha256');
  #head = Buffer.alloc(0);
  readonly #tail = new Tail();
  #length = 0;
  /** Of a form whose structure is known: what is needed may stand anywhere in it. */
  #outline: JsonOutline | CsvOutline | undefined;

  constructor(position: number, form?: 'csv') {
    this.position = position;
    if (form === 'csv') this.#outline = new CsvOutline();
  }

  add(bytes: Buffer): void {
    if (this.#length === 0 && firstOf(bytes) === BRACE) this.#outline ??= new JsonOutline();
    this.#outline?.push(bytes);
    if (this.#head.length < HEAD) this.#head = Buffer.concat([this.#head, bytes.subarray(0, HEAD - this.#head.length)]);
    this.#tail.push(bytes);
    this.#hash.update(bytes);
    this.#length += bytes.length;
  }

  /** Adds a line, behind a line end unless it is the first. */
  addLine(bytes: Buffer): void {
    if (this.#length > 0) this.add(LINE_END);
    this.add(bytes);
  }

  finish(): TooLong {
    const hash = this.#hash.digest('hex');
    return {
      ...{ position: this.position, length: this.#length, hash },
      ...{ head: this.#head, outline: this.#outline?.text, tail: this.#tail.last },
    };
  }
}

/** The first byte behind a byte order mark. */
const firstOf = (bytes: Buffer): number | undefined => (bytes[0] === 0xef ? bytes[3] : bytes[0]);
