import { Framer, MAX_RECORD, type RecordSink } from './framing.ts';
import { isBatch, isContainer, MAX_BATCH, mayStartContainer, START_LENGTH } from './json-containers.ts';
import { JsonValue } from './json-value.ts';
import { LongRecord } from './long-record.ts';

const [LF, SPACE, COMMA, BRACKET, END_BRACKET, BRACE, END_BRACE] = [10, 32, 44, 91, 93, 123, 125];
const BOM = Buffer.of(0xef, 0xbb, 0xbf);

/** Blank bytes before the first that tells lines from arrays. */
const MAX_BLANK = 1024;

/**
 * Where it stands:
 * - `start`: before the first byte; `lines`: one record a line;
 * - `value`: in a value that may be a record or hold records; `elements`: in an array of records; `element`: in one of them;
 * - `tail`: in what follows the array; `unknown-tail`: the same, where its beginning was not seen; `after`: behind a value, on its line.
 */
type Mode = 'start' | 'lines' | 'value' | 'elements' | 'element' | 'tail' | 'unknown-tail' | 'after';

/**
 * Records of JSON: one a line, or the elements of arrays, such as CloudTrail's `{"Records": […]}` or a gateway's batch, on one line or on many,
 * whatever their size. Each element is a record at its own place. Holds at most about 1 MiB, of a batch of OTLP 16 MiB.
 */
export class JsonFramer {
  readonly #sink: RecordSink;
  #lines: Framer;
  #mode: Mode = 'start';
  /** Offset of the first byte not yet pushed. */
  #offset: number;
  /** Whether the first bytes may lie inside an array: it goes on where an earlier run stood. */
  readonly #resumed: boolean;
  /** Still on the line of the first value. */
  #isFirst = true;
  /** First bytes of a line, too few to tell. */
  #carry = Buffer.alloc(0);
  #value = new JsonValue();
  /** Bytes of the value or element that is being read, or that waits for the end of its line. */
  #held: Buffer[] = [];
  #heldLength = 0;
  #heldAt = 0;
  /** Bytes of the value that waits for the end of its line. */
  #waiting: number | undefined;
  #long: LongRecord | undefined;
  /** Where it stands once the array of records has ended. */
  #outer: 'after' | 'tail' | 'unknown-tail' = 'after';

  constructor(sink: RecordSink, offset: number, resumed: boolean) {
    this.#sink = sink;
    this.#offset = offset;
    this.#resumed = resumed;
    this.#lines = new Framer('line', sink, offset);
  }

  /** Offset of the first byte that no record has been made of: where a restart goes on. */
  get position(): number {
    if (this.#mode === 'lines') return this.#lines.position;
    const holds = this.#mode === 'value' || this.#mode === 'element' || this.#waiting !== undefined;
    return holds ? this.#heldAt : this.#offset - this.#carry.length;
  }

  get inLongRecord(): boolean {
    return this.#long !== undefined || (this.#mode === 'lines' && this.#lines.inLongRecord);
  }

  push(chunk: Buffer): void {
    const base = this.#offset - this.#carry.length;
    const bytes = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    this.#carry = Buffer.alloc(0);
    this.#offset = base + bytes.length;
    this.#run(bytes, 0, base);
  }

  silent(): void {
    this.#lines.silent();
  }

  /** The source has ended: a last record needs no line end. */
  end(): void {
    if (this.#carry.length > 0) this.#lines.push(this.#carry);
    this.#carry = Buffer.alloc(0);
    if (this.#mode === 'value' && this.#holdsRecords()) this.#openArray();
    if (this.#long !== undefined) this.#endLong();
    else if (this.#waiting !== undefined) this.#giveWaiting();
    else if (this.#mode === 'value' || this.#mode === 'element') this.#readHeldAsLines();
    this.#lines.end();
  }

  /** @param base position of `bytes[0]` */
  #run(bytes: Buffer, from: number, base: number): void {
    for (let at = from; at < bytes.length; ) at = this.#step(bytes, at, base);
  }

  /** Goes on by one thing; returns where the next one begins. */
  #step(bytes: Buffer, at: number, base: number): number {
    if (this.#mode === 'lines') return this.#readLines(bytes, at, base);
    if (this.#mode === 'value' || this.#mode === 'element') return this.#readValue(bytes, at, base);
    if (this.#mode === 'tail') return this.#readTail(bytes, at, base);
    if (this.#mode === 'start') return this.#start(bytes, at, base);
    const byte = bytes[at] ?? 0;
    if (this.#mode === 'after') return this.#after(byte, bytes, at, base);
    if (byte <= SPACE) return at + 1;
    return this.#mode === 'elements' ? this.#nextElement(byte, at, base) : this.#guessTail(byte, at);
  }

  #start(bytes: Buffer, at: number, base: number): number {
    const isCutBom = bytes.length - at < BOM.length && BOM.subarray(0, bytes.length - at).equals(bytes.subarray(at));
    let first = bytes.subarray(at, at + BOM.length).equals(BOM) ? at + BOM.length : at;
    while (first < bytes.length && (bytes[first] ?? 0) <= SPACE) first++;
    const byte = bytes[first];
    if (isCutBom || (byte === undefined && first - at < MAX_BLANK)) {
      this.#carry = Buffer.from(bytes.subarray(at));
      return bytes.length;
    }
    if (this.#resumed && (byte === COMMA || byte === END_BRACKET)) {
      this.#mode = 'elements';
      this.#outer = 'unknown-tail';
    } else if (byte === BRACE || byte === BRACKET) this.#begin('value', base + first);
    else {
      this.#toLines(base + at);
      return at;
    }
    return first;
  }

  #begin(mode: 'value' | 'element', position: number): void {
    this.#mode = mode;
    this.#value = new JsonValue();
    this.#held = [];
    this.#heldLength = 0;
    this.#heldAt = position;
  }

  #toLines(position: number): void {
    this.#mode = 'lines';
    this.#isFirst = false;
    this.#lines = new Framer('line', this.#sink, position);
  }

  /** What is held is no JSON value by itself: it is read as lines. */
  #readHeldAsLines(): void {
    this.#toLines(this.#heldAt);
    for (const piece of this.#held) this.#lines.push(piece);
    this.#held = [];
    this.#waiting = undefined;
  }

  /** Lines up to one that may begin an array of records. */
  #readLines(bytes: Buffer, at: number, base: number): number {
    const rest = bytes.subarray(at);
    const line = at + this.#lines.push(rest, mayStartContainer, START_LENGTH);
    if (line === bytes.length) return line;
    const isShort = bytes.length - line < START_LENGTH && !bytes.includes(LF, line);
    if (isShort) this.#carry = Buffer.from(bytes.subarray(line));
    else this.#begin('value', base + line);
    return isShort ? bytes.length : line;
  }

  #readValue(bytes: Buffer, at: number, base: number): number {
    const { at: stop, outcome } = this.#value.feed(bytes, at);
    this.#hold(bytes.subarray(at, stop));
    if (outcome === 'broken') {
      // Of an array that was cut off, what came whole is read.
      if (this.#mode === 'value' && this.#holdsRecords()) this.#openArray();
      else if (this.#long === undefined) this.#readHeldAsLines();
      else {
        this.#endLong();
        this.#toLines(base + stop);
      }
    } else if (outcome === 'end') this.#endValue();
    else if (this.#heldLength > MAX_RECORD) this.#overflow();
    return stop;
  }

  #hold(piece: Buffer): void {
    if (this.#long !== undefined) {
      this.#long.add(piece);
      return;
    }
    this.#held.push(piece);
    this.#heldLength += piece.length;
  }

  #endValue(): void {
    if (this.#mode === 'element') {
      if (this.#long === undefined) this.#give(this.#heldLength);
      else this.#endLong();
      this.#mode = 'elements';
    } else if (this.#holdsRecords()) this.#openArray();
    else {
      this.#waiting = this.#heldLength;
      this.#mode = 'after';
    }
  }

  /** More than a record may have: an array goes on element by element, anything else is too long. */
  #overflow(): void {
    if (this.#mode === 'value') {
      if (this.#holdsRecords()) this.#openArray();
      else this.#readHeldAsLines();
      return;
    }
    if (this.#long !== undefined || this.#heldLength <= this.#greatest()) return;
    this.#long = new LongRecord(this.#heldAt);
    for (const piece of this.#held) this.#long.add(piece);
    this.#held = [];
  }

  /** Bytes that the element may have of which a beginning is held. */
  #greatest(): number {
    const head = this.#held[0] ?? Buffer.alloc(0);
    const enough = head.length < START_LENGTH ? Buffer.concat(this.#held.slice(0, START_LENGTH)) : head;
    return isBatch(enough) ? MAX_BATCH : MAX_RECORD;
  }

  #holdsRecords(): boolean {
    const { arrayKey, keys } = this.#value;
    return arrayKey === '' || (arrayKey !== undefined && isContainer(arrayKey, keys));
  }

  /** Goes through the array that was found in what is held, as far as it has come. */
  #openArray(): void {
    const { arrayKey, arrayAt } = this.#value;
    const held = Buffer.concat(this.#held);
    this.#held = [];
    this.#mode = 'elements';
    this.#outer = arrayKey === '' ? 'after' : 'tail';
    this.#run(held, arrayAt, this.#heldAt);
  }

  #nextElement(byte: number, at: number, base: number): number {
    if (byte === COMMA) return at + 1;
    if (byte === END_BRACKET) {
      this.#mode = this.#outer;
      this.#value = JsonValue.afterArray();
      return at + 1;
    }
    this.#begin('element', base + at);
    return at;
  }

  #readTail(bytes: Buffer, at: number, base: number): number {
    const { at: stop, outcome } = this.#value.feed(bytes, at);
    if (outcome === 'end') this.#mode = 'after';
    else if (outcome === 'broken') this.#toLines(base + stop);
    return stop;
  }

  /** Behind an array whose beginning was not seen: whether it stood in an object shows now. */
  #guessTail(byte: number, at: number): number {
    this.#mode = byte === COMMA ? 'tail' : 'after';
    return byte === END_BRACE ? at + 1 : at;
  }

  /** Behind a value, on its line. A value that stands there alone, or before the next one, is a record. */
  #after(byte: number, bytes: Buffer, at: number, base: number): number {
    const isWaiting = this.#waiting !== undefined;
    if (byte === LF) {
      this.#giveWaiting();
      this.#toLines(base + at + 1);
      return at + 1;
    }
    if (byte <= SPACE) {
      if (isWaiting) this.#hold(bytes.subarray(at, at + 1));
      return at + 1;
    }
    const goesOn = byte === BRACE || byte === BRACKET;
    if (goesOn && (!isWaiting || this.#isFirst)) {
      this.#giveWaiting();
      this.#begin('value', base + at);
    } else if (isWaiting && this.#isFirst && this.#resumed && (byte === COMMA || byte === END_BRACKET)) {
      this.#giveWaiting();
      this.#isFirst = false;
      this.#mode = 'elements';
      this.#outer = 'unknown-tail';
    } else if (isWaiting) this.#readHeldAsLines();
    else this.#toLines(base + at);
    return at;
  }

  #giveWaiting(): void {
    if (this.#waiting !== undefined) this.#give(this.#waiting);
    this.#waiting = undefined;
  }

  #give(length: number): void {
    const [only] = this.#held;
    const bytes = this.#held.length === 1 && only !== undefined ? only : Buffer.concat(this.#held);
    this.#held = [];
    this.#lines.give(bytes, 0, length, this.#heldAt, false, isBatch(bytes) ? MAX_BATCH : MAX_RECORD);
  }

  #endLong(): void {
    if (this.#long !== undefined) this.#sink.tooLong(this.#long.finish());
    this.#long = undefined;
  }
}
