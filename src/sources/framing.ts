import { isUtf8 } from 'node:buffer';
import { AuditFileLines } from './audit-file-lines.ts';
import { CsvLines } from './csv-lines.ts';
import { LongRecord } from './long-record.ts';
import { StderrLines } from './stderr-lines.ts';

/**
 * How bytes become records.
 * - `line`: one record a line.
 * - `json`: one record a line, or the elements of an array that holds records.
 * - `csv`: quotes may hold line ends (RFC 4180).
 * - `audit-file`: the CSV of pgauditlogtofile, of which only pgaudit's own fields are quoted.
 * - `postgres-stderr`: tab-indented continuation lines, and DETAIL/HINT/STATEMENT lines of the same process, belong to the record before.
 */
export type Framing = 'line' | 'json' | 'csv' | 'audit-file' | 'postgres-stderr';

/** Longer records (bytes) are hashed, not held. */
export const MAX_RECORD = 1024 * 1024;

const LF = 10;
const CR = 13;

/** What comes out of framing, in order. `position` is the offset in the source's stream, in bytes. */
export interface RecordSink {
  /** A record: `bytes[start, end)`, not empty, without its line end. `isText`: it is valid UTF-8. */
  record(bytes: Buffer, start: number, end: number, position: number, isText: boolean): void;
  /** A record that cannot be used, held whole. */
  unusable(reason: string, bytes: Buffer, start: number, end: number, position: number): void;
  /** A record that is too long to be held: only its head is there. */
  tooLong(found: TooLong): void;
}

export interface TooLong {
  readonly position: number;
  /** In bytes, of all of it. */
  readonly length: number;
  /** SHA-256 of its bytes, hex. */
  readonly hash: string;
  readonly head: Buffer;
  /** Its last bytes, with what an envelope has there. */
  readonly tail?: Buffer | undefined;
  /** Of JSON and CSV, its structure: what stands behind a long text, too. */
  readonly outline?: Buffer | undefined;
  /** Why it cannot be used, if so. */
  readonly broken?: string | undefined;
}

/** Tells which lines make one record, for formats whose records may span lines. */
export interface LineJoiner {
  /** Takes the next line in: does it belong to the record before it? */
  continues(bytes: Buffer, start: number, end: number): boolean;
  /** Takes in further bytes of a line that is too long to be held. */
  more(bytes: Buffer, start: number, end: number): void;
  /** Whether the record may go on in the next line. */
  readonly open: boolean;
  /** Why the record cannot be used, if so. */
  readonly broken: string | undefined;
  /** Whether a silent source means that the open record is complete. */
  readonly endsInSilence: boolean;
}

const joinerOf = (framing: Framing): LineJoiner | undefined => {
  if (framing === 'csv') return new CsvLines();
  if (framing === 'audit-file') return new AuditFileLines();
  return framing === 'postgres-stderr' ? new StderrLines() : undefined;
};

/** Bytes of one buffer that belong to the record being held; the next piece follows after a line end. */
interface Piece {
  readonly bytes: Buffer;
  readonly start: number;
  end: number;
}

/** Turns chunks of bytes into records, whatever the chunks' sizes; holds at most about 1 MiB. */
export class Framer {
  readonly #sink: RecordSink;
  readonly #joiner: LineJoiner | undefined;
  /** Offset in the stream of the first byte not yet pushed. */
  #offset: number;
  /** Copies of what has come of a line whose end has not. */
  #line: Buffer[] = [];
  #lineLength = 0;
  #linePosition = 0;
  /** Complete lines of a record that may go on. */
  #held: Piece[] = [];
  #heldLength = 0;
  #heldPosition = 0;
  #heldBroken: string | undefined;
  #long: LongRecord | undefined;
  /** The current line is one that goes to `#long` as it comes. */
  #inLongLine = false;

  constructor(framing: Framing, sink: RecordSink, offset: number) {
    this.#sink = sink;
    this.#joiner = joinerOf(framing);
    this.#offset = offset;
  }

  /** Offset of the first byte that no record has been made of: where a restart goes on. */
  get position(): number {
    if (this.#long !== undefined) return this.#long.position;
    if (this.#held.length > 0) return this.#heldPosition;
    return this.#lineLength > 0 ? this.#linePosition : this.#offset;
  }

  /** Whether it is inside a record too long to be held. */
  get inLongRecord(): boolean {
    return this.#long !== undefined;
  }

  /** Whether all lines that came are complete. */
  get isAtLineStart(): boolean {
    return this.#lineLength === 0 && !this.#inLongLine;
  }

  /**
   * Takes bytes; returns how many. All of them, but for a line at which `stopsAt` says so, or a last one that is too short (bytes) to ask.
   */
  push(chunk: Buffer, stopsAt?: (bytes: Buffer, at: number) => boolean, shortest = 0): number {
    const base = this.#offset;
    this.#offset += chunk.length;
    let from = this.#lineLength > 0 || this.#inLongLine ? this.#goOnWithLine(chunk) : 0;
    const last = chunk.lastIndexOf(LF);
    if (last >= from) {
      const valid = isUtf8(chunk.subarray(from, last));
      for (let end = chunk.indexOf(LF, from); end !== -1; end = chunk.indexOf(LF, from)) {
        if (stopsAt?.(chunk, from) === true) return this.#stopAt(base, from);
        if (this.#joiner === undefined) this.give(chunk, from, end, base + from, valid);
        else this.#join(this.#joiner, chunk, from, end, base + from);
        from = end + 1;
      }
    }
    if (from < chunk.length) {
      const left = chunk.length - from;
      if (left < shortest || stopsAt?.(chunk, from) === true) return this.#stopAt(base, from);
      this.#linePosition = base + from;
      this.#keep(chunk.subarray(from));
    }
    return chunk.length;
  }

  #stopAt(base: number, at: number): number {
    this.#offset = base + at;
    return at;
  }

  /** The source is silent: a record that only the next one would have ended is complete. */
  silent(): void {
    if (this.#joiner?.endsInSilence === true && this.#lineLength === 0 && !this.#inLongLine) this.#release();
  }

  /** The source has ended: a last line needs no line end. */
  end(): void {
    if (this.#lineLength > 0) this.#endLine();
    if (this.#inLongLine) this.#endLongLine();
    this.#release();
  }

  /** Only at its end it is known whether quotes in it stand where they may. */
  #endLongLine(): void {
    this.#inLongLine = false;
    this.#heldBroken ??= this.#joiner?.broken;
  }

  /** Goes on with the line that the chunk before began; returns where the next line starts. */
  #goOnWithLine(chunk: Buffer): number {
    const end = chunk.indexOf(LF);
    this.#keep(end === -1 ? chunk : chunk.subarray(0, end));
    if (end === -1) return chunk.length;
    this.#endLine();
    return end + 1;
  }

  #keep(piece: Buffer): void {
    if (this.#long !== undefined && this.#inLongLine) {
      this.#long.add(piece);
      this.#joiner?.more(piece, 0, piece.length);
      return;
    }
    this.#line.push(Buffer.from(piece));
    this.#lineLength += piece.length;
    if (this.#lineLength > MAX_RECORD) this.#startLongLine();
  }

  #takeLine(): Buffer {
    const [only] = this.#line;
    const line = this.#line.length === 1 && only !== undefined ? only : Buffer.concat(this.#line, this.#lineLength);
    this.#line = [];
    this.#lineLength = 0;
    return line;
  }

  #endLine(): void {
    if (this.#inLongLine) {
      this.#endLongLine();
      if (this.#joiner?.open !== true) this.#release();
      return;
    }
    const line = this.#takeLine();
    if (this.#joiner === undefined) this.give(line, 0, line.length, this.#linePosition, false);
    else this.#join(this.#joiner, line, 0, line.length, this.#linePosition);
  }

  #startLongLine(): void {
    const line = this.#takeLine();
    const goesOn = this.#joiner?.continues(line, 0, line.length) === true;
    if (!goesOn) this.#release();
    this.#lengthen(line, 0, line.length, this.#linePosition);
    this.#inLongLine = true;
  }

  #newLong(position: number): LongRecord {
    return new LongRecord(
      position,
      this.#joiner instanceof CsvLines || this.#joiner instanceof AuditFileLines ? 'csv' : undefined,
    );
  }

  /** Adds a line to the record that is too long, which begins with what was held. */
  #lengthen(bytes: Buffer, start: number, end: number, position: number): void {
    if (this.#long === undefined) {
      this.#long = this.#newLong(this.#held.length > 0 ? this.#heldPosition : position);
      for (const piece of this.#held) this.#long.addLine(piece.bytes.subarray(piece.start, piece.end));
      this.#held = [];
    }
    this.#long.addLine(bytes.subarray(start, end));
  }

  #join(joiner: LineJoiner, bytes: Buffer, start: number, end: number, position: number): void {
    const goesOn = joiner.continues(bytes, start, end) && (this.#held.length > 0 || this.#long !== undefined);
    if (!goesOn) {
      this.#release();
      this.#heldLength = 0;
      this.#heldPosition = position;
    }
    if (this.#long !== undefined || this.#heldLength + end - start > MAX_RECORD) {
      this.#lengthen(bytes, start, end, position);
    } else {
      this.#hold(bytes, start, end);
    }
    this.#heldBroken ??= joiner.broken;
    if (!joiner.open) this.#release();
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    const before = this.#held.at(-1);
    if (before !== undefined && before.bytes === bytes && before.end + 1 === start) before.end = end;
    else this.#held.push({ bytes, start, end });
    this.#heldLength += end - start + 1;
  }

  /** Gives out the record that was held. */
  #release(): void {
    const broken = this.#heldBroken;
    this.#heldBroken = undefined;
    if (this.#long !== undefined) {
      this.#sink.tooLong({ ...this.#long.finish(), broken });
      this.#long = undefined;
      return;
    }
    const [first] = this.#held;
    if (first === undefined) return;
    const { bytes, start, end } = this.#held.length === 1 ? first : concat(this.#held);
    this.#held = [];
    if (broken === undefined) this.give(bytes, start, end, this.#heldPosition, false);
    else this.#sink.unusable(broken, bytes, start, end, this.#heldPosition);
  }

  /** Hands on a complete record, still with a byte order mark before it or half a line end behind it. */
  give(bytes: Buffer, start: number, end: number, position: number, valid: boolean, max = MAX_RECORD): void {
    let from = start;
    let to = end;
    if (to > from && bytes[to - 1] === CR) to--;
    if (bytes[from] === 0xef && to - from >= 3 && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf) from += 3;
    if (to <= from) return;
    const at = position + from - start;
    if (to - from > max) {
      const long = this.#newLong(at);
      long.addLine(bytes.subarray(from, to));
      this.#sink.tooLong(long.finish());
    } else {
      this.#sink.record(bytes, from, to, at, valid || isUtf8(bytes.subarray(from, to)));
    }
  }
}

const concat = (pieces: readonly Piece[]): Piece => {
  const parts: Buffer[] = [];
  for (const { bytes, start, end } of pieces) {
    if (parts.length > 0) parts.push(Buffer.of(LF));
    parts.push(bytes.subarray(start, end));
  }
  const bytes = Buffer.concat(parts);
  return { bytes, start: 0, end: bytes.length };
};
