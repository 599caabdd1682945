import { Framer, type RecordSink } from '../sources/framing.ts';

const ENOUGH_LINES = 200;
const ENOUGH_BYTES = 64 * 1024;
/** Bytes kept at most while too few lines have come to tell the format. */
const MAX_KEPT = 16 * 1024 * 1024;

/** The first lines of a source, by which its format is found, and the bytes they came in, to be read again in that format. */
export class FormatSample implements RecordSink {
  readonly lines: string[] = [];
  /** The bytes to be read again, from offset `position` of the stream on. */
  chunks: Buffer[] = [];
  readonly #framer: Framer;
  readonly #reportTooLong: RecordSink['tooLong'];
  #offset: number;
  #position: number;
  #kept = 0;
  #bytes = 0;
  #empty = true;

  /** Records too long to be held, before all others, need neither format nor memory: they go to `tooLong` at once. */
  constructor(position: number, tooLong: RecordSink['tooLong']) {
    this.#framer = new Framer('line', this, position);
    this.#reportTooLong = tooLong;
    this.#offset = position;
    this.#position = position;
  }

  get enough(): boolean {
    return this.lines.length >= ENOUGH_LINES || this.#bytes >= ENOUGH_BYTES || this.#kept >= MAX_KEPT;
  }

  get position(): number {
    return this.chunks.length > 0 ? this.#position : this.#framer.position;
  }

  push(chunk: Buffer): void {
    const base = this.#offset;
    this.#offset += chunk.length;
    this.#framer.push(chunk);
    if (this.#empty && this.#framer.inLongRecord) {
      this.chunks = [];
      this.#kept = 0;
      return;
    }
    // Behind a long record that has been reported.
    const from = Math.max(0, this.#position - base);
    if (this.chunks.length === 0) this.#position = base + from;
    this.chunks.push(chunk.subarray(from));
    this.#kept += chunk.length - from;
  }

  record(bytes: Buffer, start: number, end: number): void {
    this.#empty = false;
    if (this.lines.length < ENOUGH_LINES) this.lines.push(bytes.toString('utf8', start, end));
    this.#bytes += end - start;
  }

  unusable(): void {
    this.#empty = false; // Reported when the bytes are read again.
  }

  tooLong(found: Parameters<RecordSink['tooLong']>[0]): void {
    if (!this.#empty) return; // As above.
    this.#reportTooLong(found);
    this.chunks = [];
    this.#kept = 0;
    this.#position = found.position + found.length;
  }
}
