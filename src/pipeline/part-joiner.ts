import { createHash, type Hash } from 'node:crypto';
import type { Envelope, Part } from '../formats/envelopes/envelope.ts';
import { unwrap } from '../formats/envelopes/registry.ts';
import { MAX_RECORD, type TooLong } from '../sources/framing.ts';
import { HEAD } from '../sources/long-record.ts';

/** A line from within an envelope. */
export interface InnerLine {
  readonly text: Buffer;
  /** Where its first part stands in the source. */
  readonly position: number;
  /** The lines of the source that it came in, without line ends. */
  readonly raw: Buffer;
  readonly isText: boolean;
}

export interface InnerSink {
  line(line: InnerLine): void;
  /** Something else that takes its turn among the lines. */
  pass(turn: Turn): void;
}

/** What happens once all lines before `position` have been given out. */
export interface Turn {
  readonly position: number;
  readonly give: () => void;
}

/** What becomes of what is no line. */
export interface Strays {
  tooLong(found: TooLong): void;
  /** A line that is in no envelope, or a part whose line has been given out: never what it looks like. */
  stray(line: InnerLine, why: 'no-envelope' | 'continued-line'): void;
}

/** Held at most while a line waits for its last part, in bytes. */
const MAX_HELD = 2 * MAX_RECORD;
const LINE_END = Buffer.from('\n');

/** A line of which parts have come. */
interface Joined {
  readonly position: number;
  readonly stream: string;
  texts: Buffer[];
  raws: Buffer[];
  /** Bytes of `raws`. */
  length: number;
  isText: boolean;
  last: number;
  /** Of a line that is too long to be held: its head stands in `texts`. */
  long: { readonly hash: Hash; length: number } | undefined;
}

/** Takes one layer of envelopes off the lines of a source, and joins the parts of a line. Lines leave in the order of their first parts. */
export class PartJoiner {
  readonly #layer: readonly Envelope[];
  readonly #sink: InnerSink;
  readonly #strays: Strays;
  /** Lines that wait for their last part, and those behind them: a restart goes on at the first. */
  #waiting: Turn[] = [];
  #held = 0;
  readonly #open = new Map<string, Joined>();
  /** Streams whose line had to be given out before its last part came. */
  readonly #skipped = new Set<string>();
  /** A numbered line, which ends with the next one. */
  #numbered: Joined | undefined;

  constructor(layer: readonly Envelope[], sink: InnerSink, strays: Strays) {
    this.#layer = layer;
    this.#sink = sink;
    this.#strays = strays;
  }

  /** Where the first line that is held stands in the source. */
  get position(): number | undefined {
    return this.#waiting[0]?.position ?? this.#numbered?.position;
  }

  take(line: InnerLine): void {
    const part = unwrap(line.text, this.#layer)?.part;
    if (part === undefined) {
      this.#stray(line, 'no-envelope');
    } else if (part.number === undefined) {
      this.silent();
      this.#takeOpen(line, part);
    } else {
      this.#takeNumbered(line, part, part.number);
    }
  }

  /** A line of numbered parts ends with whatever follows it. */
  pass(turn: Turn): void {
    this.silent();
    if (this.#waiting.length === 0) this.#sink.pass(turn);
    else this.#waiting.push({ ...turn, give: () => this.#sink.pass(turn) });
  }

  /** The source is silent: a line that only the next one would have ended is complete. */
  silent(): void {
    const joined = this.#numbered;
    this.#numbered = undefined;
    if (joined !== undefined) this.#give(joined);
  }

  end(): void {
    this.silent();
    this.#giveWaiting();
  }

  #takeNumbered(line: InnerLine, part: Part, number: number): void {
    const joined = this.#numbered;
    if (number === 1) {
      this.silent();
      this.#numbered = joinedOf(line, part);
    } else if (joined?.stream === part.stream && joined.last === number - 1) {
      joined.last = number;
      append(joined, line, part);
    } else {
      this.#stray(line, 'continued-line');
    }
  }

  #stray(line: InnerLine, why: Parameters<Strays['stray']>[1]): void {
    this.pass({ position: line.position, give: () => this.#strays.stray(line, why) });
  }

  #takeOpen(line: InnerLine, part: Part): void {
    const { stream, goesOn = false } = part;
    const joined = this.#open.get(stream);
    if (joined !== undefined) {
      append(joined, line, part);
      if (joined.long === undefined) this.#held += line.raw.length;
    } else if (this.#skipped.has(stream)) {
      this.#stray(line, 'continued-line');
    } else if (this.#waiting.length === 0 && !goesOn) {
      this.#sink.line({ ...line, text: part.text });
      return;
    } else {
      const begun = joinedOf(line, part);
      this.#waiting.push({ position: begun.position, give: () => this.#give(begun) });
      this.#held += line.raw.length;
      if (goesOn) this.#open.set(stream, begun);
    }
    if (!goesOn) {
      this.#open.delete(stream);
      this.#skipped.delete(stream);
    }
    if (this.#open.size === 0) this.#giveWaiting();
    else if (this.#held > MAX_HELD) this.#giveAll();
  }

  /** What is open is given out as it is; the parts that follow are passed over. */
  #giveAll(): void {
    for (const stream of this.#open.keys()) this.#skipped.add(stream);
    this.#open.clear();
    this.#giveWaiting();
  }

  #giveWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#held = 0;
    for (const { give } of waiting) give();
  }

  #give({ position, texts, raws, isText, long }: Joined): void {
    const text = Buffer.concat(texts);
    if (long === undefined) {
      this.#sink.line({ text, position, raw: joinLines(raws), isText });
      return;
    }
    const found = { position, length: long.length, hash: long.hash.digest('hex'), head: text };
    this.#sink.pass({ position, give: () => this.#strays.tooLong(found) });
  }
}

const joinedOf = ({ position, raw, isText }: InnerLine, { text, stream }: Part): Joined => ({
  ...{ position, stream, texts: [text], raws: [raw], length: raw.length, isText, last: 1, long: undefined },
});

const append = (joined: Joined, { raw, isText }: InnerLine, { text }: Part): void => {
  joined.isText &&= isText;
  joined.length += raw.length;
  if (joined.long === undefined && joined.length <= MAX_RECORD) {
    joined.texts.push(text);
    joined.raws.push(raw);
    return;
  }
  joined.long ??= startLong(joined);
  joined.long.hash.update(LINE_END).update(raw);
  joined.long.length += LINE_END.length + raw.length;
};

const startLong = (joined: Joined): NonNullable<Joined['long']> => {
  const raw = joinLines(joined.raws);
  joined.texts = [Buffer.concat(joined.texts).subarray(0, HEAD)];
  joined.raws = [];
  return { hash: createHash('sha256').update(raw), length: raw.length };
};

const joinLines = (lines: readonly Buffer[]): Buffer => {
  const [only] = lines;
  if (lines.length === 1 && only !== undefined) return only;
  return Buffer.concat(lines.flatMap((line, at) => (at === 0 ? [line] : [LINE_END, line])));
};
