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

/** A record too long to be held: its length, its SHA-256 and its head, made as its bytes come. */
export class LongRecord {
  readonly position: number;
  readonly #hash = createHash('sha256');
  #head = Buffer.alloc(0);
  #tail = Buffer.alloc(0);
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
    this.#tail = Buffer.concat([this.#tail, bytes.subarray(-TAIL)]).subarray(-TAIL);
    this.#hash.update(bytes);
    this.#length += bytes.length;
  }

  /** Adds a line, behind a line end unless it is the first. */
  addLine(bytes: Buffer): void {
    if (this.#length > 0) this.add(Buffer.of(10));
    this.add(bytes);
  }

  finish(): TooLong {
    const hash = this.#hash.digest('hex');
    return {
      ...{ position: this.position, length: this.#length, hash },
      ...{ head: this.#head, outline: this.#outline?.text, tail: this.#tail },
    };
  }
}

/** The first byte behind a byte order mark. */
const firstOf = (bytes: Buffer): number | undefined => (bytes[0] === 0xef ? bytes[3] : bytes[0]);
