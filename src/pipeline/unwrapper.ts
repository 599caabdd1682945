import { isUtf8 } from 'node:buffer';
import { envelopesOf, type Layers, unwrap } from '../formats/envelopes/registry.ts';
import { Framer, type Framing, MAX_RECORD, type RecordSink, type TooLong } from '../sources/framing.ts';
import { type InnerLine, type InnerSink, PartJoiner, type Strays } from './part-joiner.ts';

/** Where the records of a source with envelopes go: `raw` is what stands in the source, envelopes included. */
export interface UnwrappedSink extends RecordSink {
  record(bytes: Buffer, start: number, end: number, position: number, isText: boolean, raw?: Buffer): void;
  ignored(reason: string): void;
}

/** PostgreSQL writes csvlog into files of its own, and in its quotes a client's lines may look like anything. */
export const isNeverWrapped = ({ framing }: { readonly framing: Framing }): boolean => framing === 'csv';

const CR = 13;
/** Held at most of the envelopes of one record, in bytes. */
const MAX_HELD = 4 * MAX_RECORD;
const LINE_END = Buffer.from('\n');
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** Lines of a source to records of the log inside: layer by layer out of their envelopes, then framed as the format wants. */
export class Unwrapper implements RecordSink {
  readonly #sink: UnwrappedSink;
  readonly #layers: Layers;
  readonly #joiners: readonly PartJoiner[];
  readonly #records: JoinedRecords | undefined;

  constructor(layers: Layers, framing: Framing, sink: UnwrappedSink) {
    this.#sink = sink;
    this.#layers = layers;
    this.#records = framing === 'line' || framing === 'json' ? undefined : new JoinedRecords(framing, sink);
    const joiners: PartJoiner[] = [];
    for (const [at, layer] of [...layers.entries()].toReversed()) {
      const next = joiners[0];
      joiners.unshift(new PartJoiner(envelopesOf(layer), this.#sinkOf(next), this.#straysOf(at)));
    }
    this.#joiners = joiners;
  }

  /** Where the first line that is held stands in the source. */
  get position(): number | undefined {
    const held = [...this.#joiners, this.#records].flatMap((part) => part?.position ?? []);
    return held.length === 0 ? undefined : Math.min(...held);
  }

  record(bytes: Buffer, start: number, end: number, position: number, isText: boolean): void {
    const raw = bytes.subarray(start, end);
    this.#joiners[0]?.take({ text: raw, position, raw, isText });
  }

  /** Lines are never broken. */
  unusable(reason: string, bytes: Buffer, start: number, end: number, position: number): void {
    const give = (): void => this.#sink.unusable(reason, bytes, start, end, position);
    this.#joiners[0]?.pass({ position, give });
  }

  tooLong(found: TooLong): void {
    this.#joiners[0]?.pass({ position: found.position, give: () => this.#tooLongWithin(found, 0) });
  }

  silent(): void {
    for (const joiner of this.#joiners) joiner.silent();
    this.#records?.silent();
  }

  end(): void {
    for (const joiner of this.#joiners) joiner.end();
    this.#records?.end();
  }

  /** Where the lines go that come out of a layer. */
  #sinkOf(next: PartJoiner | undefined): InnerSink {
    if (next !== undefined) return { line: (line) => next.take(line), pass: (turn) => next.pass(turn) };
    return {
      line: (line) => this.#give(line),
      pass: ({ give }) => {
        this.#records?.silent();
        give();
      },
    };
  }

  #straysOf(layer: number): Strays {
    return {
      tooLong: (found) => this.#tooLongWithin(found, layer + 1),
      stray: ({ raw, position }, why) => {
        if (why === 'continued-line') this.#sink.ignored(why);
        else this.#sink.unusable(why, raw, 0, raw.length, position);
      },
    };
  }

  #give(line: InnerLine): void {
    if (this.#records !== undefined) {
      this.#records.add(line);
      return;
    }
    const { text, position, raw, isText } = line;
    const start = text.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
    const end = text.at(-1) === CR ? text.length - 1 : text.length;
    if (end > start) this.#sink.record(text, start, end, position, isText, raw);
  }

  /** Of a line that is too long its beginning is in the layers from `from` on. */
  #tooLongWithin(found: TooLong, from: number): void {
    let { head } = found;
    for (const layer of this.#layers.slice(from)) head = unwrap(head, envelopesOf(layer))?.part.text ?? head;
    this.#sink.tooLong({ ...found, head });
  }
}

/** Lines that have been unwrapped, as records that span lines. */
class JoinedRecords implements RecordSink {
  readonly #sink: UnwrappedSink;
  readonly #framer: Framer;
  /** The lines that the framer may still make a record of, by where they begin in what it was given. */
  #lines: (InnerLine & { readonly at: number; readonly end: number })[] = [];
  #given = 0;
  /** Bytes of their envelopes. */
  #held = 0;
  #isCut = false;

  constructor(framing: Framing, sink: UnwrappedSink) {
    this.#sink = sink;
    this.#framer = new Framer(framing, this, 0);
  }

  get position(): number | undefined {
    return this.#lines[0]?.position;
  }

  add(line: InnerLine): void {
    const at = this.#given;
    this.#given += line.text.length + LINE_END.length;
    this.#lines.push({ ...line, at, end: this.#given });
    this.#held += line.raw.length;
    this.#framer.push(Buffer.concat([line.text, LINE_END]));
    this.#forget();
  }

  silent(): void {
    this.#framer.silent();
    this.#forget();
  }

  end(): void {
    this.#framer.end();
    this.#forget();
  }

  record(bytes: Buffer, start: number, end: number, position: number): void {
    const text = bytes.subarray(start, end);
    const { raw, from } = this.#rawOf(position, text.length);
    this.#sink.record(text, 0, text.length, from, isUtf8(text), raw);
  }

  unusable(reason: string, bytes: Buffer, start: number, end: number, position: number): void {
    const { raw = bytes.subarray(start, end), from } = this.#rawOf(position, end - start);
    this.#sink.unusable(reason, raw, 0, raw.length, from);
  }

  tooLong(found: TooLong): void {
    this.#sink.tooLong({ ...found, position: this.#rawOf(found.position, 1).from });
  }

  #rawOf(position: number, length: number): { raw: Buffer | undefined; from: number } {
    const own = this.#lines.filter(({ at, end }) => at < position + length && end > position);
    if (this.#isCut) return { raw: undefined, from: this.#lines[0]?.position ?? 0 };
    const raw = Buffer.concat(own.flatMap((line, at) => (at === 0 ? [line.raw] : [LINE_END, line.raw])));
    return { raw, from: own[0]?.position ?? 0 };
  }

  /** Of a record that is too long, or in too many envelopes, only the place is kept. */
  #forget(): void {
    const { position, inLongRecord } = this.#framer;
    const [first] = this.#lines;
    if (first !== undefined && first.end <= position) {
      const kept = this.#lines.findIndex(({ end }) => end > position);
      // The line after a record that was cut is the first of the next.
      this.#lines = kept === -1 ? [] : this.#lines.slice(kept);
      this.#held = this.#lines.reduce((sum, { raw }) => sum + raw.length, 0);
      this.#isCut = false;
    }
    if (inLongRecord || this.#held > MAX_HELD) {
      this.#isCut = true;
      this.#lines = this.#lines.slice(0, 1);
    }
  }
}
