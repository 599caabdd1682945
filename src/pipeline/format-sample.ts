import { completeJson } from '../formats/complete-json.ts';
import { Framer, type RecordSink, type TooLong } from '../sources/framing.ts';
import { JsonFramer } from '../sources/json-framer.ts';
import { HEAD } from '../sources/long-record.ts';

const ENOUGH_LINES = 200;
const ENOUGH_BYTES = 64 * 1024;
/** Bytes that show any record that can be used to its end, and what follows it. */
const PLENTY = 1024 * 1024;
/** Bytes kept at most while too few lines have come to tell the format. */
const MAX_KEPT = 16 * 1024 * 1024;

/** Of a line that is too long: JSON, too, is known by what stands there. */
const beginning = (head: Buffer): string => {
  const text = head.toString();
  return completeJson(text) ?? text;
};

/** The first lines of a source, by which its format is found, and the bytes they came in, to be read again in that format. */
export class FormatSample implements RecordSink {
  /** A first line that is too long is there by its head. */
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
  /** Bytes of the long record that is being read are no longer kept. */
  #isGone = false;

  /** Records too long to be held, before all others, go to `tooLong` at once unless they show the format. */
  constructor(position: number, tooLong: RecordSink['tooLong']) {
    this.#framer = new Framer('line', this, position);
    this.#reportTooLong = tooLong;
    this.#offset = position;
    this.#position = position;
  }

  get enough(): boolean {
    return this.lines.length >= ENOUGH_LINES || this.#bytes >= ENOUGH_BYTES || this.#kept >= MAX_KEPT;
  }

  /** Enough for what a client's text may imitate. */
  get plenty(): boolean {
    return this.#kept >= PLENTY;
  }

  /** The first line's head, where nothing but a line that is too long has come so far. */
  get longHead(): string | undefined {
    const chunk = this.#empty && this.#framer.inLongRecord ? this.chunks[0] : undefined;
    return chunk && beginning(chunk.subarray(0, HEAD));
  }

  get position(): number {
    return this.chunks.length > 0 ? this.#position : this.#framer.position;
  }

  push(chunk: Buffer): void {
    // The head of a long record has been looked at, and its bytes are not needed.
    this.#isGone = this.#empty && this.#framer.inLongRecord;
    if (this.#isGone) this.#drop();
    const base = this.#offset;
    this.#offset += chunk.length;
    const wasLong = this.#framer.inLongRecord;
    this.#framer.push(chunk);
    if (this.#empty && wasLong && this.#framer.inLongRecord) return;
    // Behind a long record that has been reported.
    const from = Math.max(0, this.#position - base);
    if (this.chunks.length === 0) this.#position = base + from;
    this.chunks.push(chunk.subarray(from));
    this.#kept += chunk.length - from;
  }

  /**
   * Records of an array that the bytes are, such as `{"Records": […]}`, or of objects on many lines; none where they are lines.
   * @param isAll no more bytes come: a last object needs no line end
   */
  elements(isAll: boolean): string[] {
    const elements: string[] = [];
    if (!/^\ufeff?\s{0,64}[{[]/.test(this.lines[0] ?? this.longHead ?? '')) return elements;
    const add = (_reason: string, bytes: Buffer, start: number, end: number): void => {
      if (elements.length < ENOUGH_LINES) elements.push(bytes.toString('utf8', start, end));
    };
    const sink = {
      record: (bytes: Buffer, start: number, end: number) => add('', bytes, start, end),
      unusable: add,
      tooLong: () => undefined,
    };
    const framer = new JsonFramer(sink, this.#position, this.#position > 0);
    for (const chunk of this.chunks) framer.push(chunk);
    if (isAll) framer.end();
    return elements;
  }

  /** The source has ended: a last line needs no line end. */
  end(): void {
    this.#framer.end();
  }

  record(bytes: Buffer, start: number, end: number): void {
    this.#empty = false;
    this.lines.push(bytes.toString('utf8', start, end));
    this.#bytes += end - start;
  }

  /** Reported when the bytes are read again. */
  unusable(_reason: string, bytes: Buffer, start: number, end: number): void {
    this.record(bytes, start, end);
  }

  tooLong(found: TooLong): void {
    if (this.lines.length === 0) this.lines.push(beginning(found.outline ?? found.head));
    if (!this.#isGone) this.#empty = false;
    if (!this.#empty) return; // Reported when the bytes are read again.
    this.#isGone = false;
    this.#reportTooLong(found);
    this.#drop();
    this.#position = found.position + found.length;
  }

  #drop(): void {
    this.chunks = [];
    this.#kept = 0;
  }
}
