import type { CredentialUse } from '../event.ts';
import { type Layers, openLines } from '../formats/envelopes/registry.ts';
import {
  type Claim,
  type Format,
  isEvent,
  type Origin,
  type Parsed,
  type Parser,
  type ParserContext,
} from '../formats/format.ts';
import { isExpected } from '../formats/ignored-reasons.ts';
import type { DeadLetter } from '../sources/dead-letter.ts';
import { framerOf } from '../sources/framer-of.ts';
import { Framer, type TooLong } from '../sources/framing.ts';
import type { JsonFramer } from '../sources/json-framer.ts';
import type { Source, SourcePosition } from '../sources/source.ts';
import { asBegun, asRead, readable } from './as-read.ts';
import { copyCounts, countOne, type LaneCounts, noCounts } from './counts.ts';
import type { Explained } from './explained.ts';
import { FormatSample } from './format-sample.ts';
import { isPossibleTime, LaneClock, MAX_DISORDER, type SavedClock } from './lane-clock.ts';
import { detailOf, letterOf, letterOfLong, NOT_REACHED, TOO_LONG, unknownFormat } from './letter.ts';
import { idOfHash, PendingUse } from './ordered.ts';
import { ReadingTally, type SavedTally, type Told, toldOfChain, useOf } from './reading-tally.ts';
import { UNKNOWN_FORMAT } from './unknown-format.ts';
import { isNeverWrapped, type UnwrappedSink, Unwrapper } from './unwrapper.ts';

export interface LaneOptions {
  /** `--format`: every source is of this one. */
  readonly format?: Format | undefined;
  /** The format of a source that begins with these lines. */
  /** The envelopes around its lines, where they are known; else they are found as the format is. */
  readonly layers?: Layers;
  readonly detect: (lines: readonly string[], source: Origin) => Format | undefined;
  /** What to say of a source that begins with these lines and is of no format. */
  readonly closest?: (lines: readonly string[]) => string | undefined;
  /** Is told how each record was read. */
  readonly onExplained?: (explained: Explained) => void;
  readonly formatById: (id: string) => Format | undefined;
  readonly context: ParserContext;
  /** Milliseconds. */
  readonly maxDisorder?: number;
  /** Live only: how long after its time a record of this source may still come in order, milliseconds. */
  readonly settle?: number | undefined;
  /** Among the events, tell detection how the log could be read. */
  readonly tellsReading?: boolean;
  readonly onDeadLetter?: (letter: DeadLetter) => void;
  /** What a person should know, said once; never holds a record's text. */
  readonly onWarning?: (text: string) => void;
}

/** Where a lane stands, as plain JSON. It holds no raw record. */
export interface SavedLane {
  readonly position: SourcePosition;
  readonly ended: boolean;
  readonly format: string | undefined;
  /** Absent where its lines are in no envelope, and in what earlier versions saved. */
  readonly layers?: Layers;
  readonly parser: unknown;
  readonly clock: SavedClock;
  /** Of each event in the clock's window: the dead letter it may become. */
  readonly suspects: readonly DeadLetter[];
  readonly counts: LaneCounts;
  /** Absent in what earlier versions saved. */
  readonly tally?: SavedTally;
}

/** One source on its way to events: framing, format, parser and clock. Hands events on in the order they came. */
export class Lane implements UnwrappedSink {
  readonly source: Source;
  counts: LaneCounts = noCounts();
  state: 'open' | 'caught-up' | 'ended' = 'open';
  readonly #options: LaneOptions;
  readonly #clock: LaneClock;
  #sample: FormatSample | undefined;
  #framer: Framer | JsonFramer | undefined;
  #unwrapper: Unwrapper | undefined;
  #layers: Layers = [];
  #format: Format | undefined;
  #parser: Parser = UNKNOWN_FORMAT;
  readonly #tally = new ReadingTally();
  #out: PendingUse[] = [];
  /** Letters of suspects whose records are not held: a restart brought them back, or they are too long. */
  readonly #letters = new WeakMap<PendingUse, DeadLetter>();

  constructor(source: Source, options: LaneOptions) {
    this.source = source;
    this.#options = options;
    this.#clock = new LaneClock(options.maxDisorder ?? MAX_DISORDER, (event) => this.#rejectTime(event));
    const { format, layers } = options;
    const isKnown = format !== undefined && (layers !== undefined || isNeverWrapped(format));
    if (isKnown) this.#start(format, layers ?? [], source.startsAt);
    else this.#sample = this.#newSample();
  }

  /** No event that is yet to come is filed before it (milliseconds since the epoch). */
  get watermark(): number {
    return this.state === 'ended' ? Number.POSITIVE_INFINITY : this.#clock.watermark;
  }

  /** The greatest event time that has been accepted, milliseconds; infinitely early before the first. */
  get high(): number {
    return this.#clock.high;
  }

  /** The id of the format that its records are read in; undefined where none was found. */
  get format(): string | undefined {
    return this.#format?.id;
  }

  get settle(): number | undefined {
    return this.#options.settle;
  }

  /** Reads once, about `size` bytes, and appends the events whose time is settled to `out`; `now` only if the input is live. */
  async read(size: number, out: PendingUse[], now: number | undefined): Promise<void> {
    const got = await this.source.read(size);
    if (now !== undefined) this.#clock.now = now;
    this.#out = out;
    const before = out.length;
    const problem = this.source.problem();
    if (problem !== undefined) this.#sourceProblem(problem.reason, problem.detail);
    if (got === 'end') {
      this.#end();
    } else if (got === 'caught-up') {
      this.#caughtUp(now);
    } else {
      this.state = 'open';
      this.#push(got);
    }
    for (let at = before; at < out.length; at++) if (out[at]?.use.reading === undefined) this.counts.events++;
  }

  /** What is no UTF-8 in a record is read all the same: a client can put such bytes into its user agent. */
  record(bytes: Buffer, start: number, end: number, position: number, isText: boolean, raw?: Buffer): void {
    // What stands around a batch says nothing of one record in it.
    const isBatch = this.#parser.batch?.(bytes, start, end, (from, to) =>
      this.#one(bytes, from, to, position + (raw === undefined ? from - start : 0), isText),
    );
    if (isBatch !== true) this.#one(bytes, start, end, position, isText, raw);
  }

  #one(bytes: Buffer, start: number, end: number, position: number, isText: boolean, raw?: Buffer): void {
    const parsed =
      this.#options.onExplained === undefined
        ? this.#parser.parse(bytes, start, end)
        : this.#explain(this.#options.onExplained, bytes, start, end, position);
    if (raw === undefined) this.#take(parsed, bytes, start, end, position, isText);
    else this.#take(parsed, raw, 0, raw.length, position, isText);
    const broken = this.#parser.broken?.(false);
    if (broken !== undefined) for (const one of broken) this.#tell(toldOfChain(one), bytes, start, end, position);
  }

  /** `bytes[start, end)` is what stands in the source. */
  #take(parsed: Parsed, bytes: Buffer, start: number, end: number, position: number, isText: boolean): void {
    this.counts.records++;
    if (isEvent(parsed)) {
      this.#countProof(parsed);
      if (isPossibleTime(parsed.time)) {
        const use = asRead(parsed, bytes, start, end, isText);
        this.#clock.offer(new PendingUse(use, bytes, start, end, position), this.#out);
        this.#tell(this.#tally.event(use.time), bytes, start, end, position);
      } else {
        this.#dead('timestamp-out-of-range', bytes, start, end, position, 'Its time is before 2000 or after 2099.');
      }
    } else if ('ignored' in parsed) {
      countOne(this.counts.ignored, parsed.ignored);
      if (!isExpected(parsed.ignored))
        this.#tell(this.#tally.unreadable(parsed.ignored, parsed.claim), bytes, start, end, position);
    } else {
      this.#dead(parsed.unusable, bytes, start, end, position, parsed.detail, parsed.claim);
    }
  }

  /** What is told takes its place in time with the events. */
  #tell(told: Told | undefined, bytes: Buffer, start: number, end: number, position: number): void {
    if (told === undefined || this.#options.tellsReading !== true) return;
    const use = useOf(told, this.#format?.dataset ?? 'unknown');
    this.#clock.offer(new PendingUse(use, bytes, start, end, position), this.#out);
  }

  #explain(tell: (explained: Explained) => void, bytes: Buffer, start: number, end: number, position: number): Parsed {
    const rules: Record<string, string> = {};
    const note = (field: string, rule: string): void => {
      rules[field] = rule;
    };
    const parser = this.#parser;
    const parsed = parser.explain?.(bytes, start, end, note) ?? parser.parse(bytes, start, end);
    const { name, offset } = this.source.save(position);
    tell({ source: name, position: offset, format: this.#format?.id, parsed, rules });
    return parsed;
  }

  #countProof({ identities, proof }: CredentialUse): void {
    if (identities.length > 0 || proof.state === 'rejected') countOne(this.counts.proofs, proof.by);
  }

  unusable(reason: string, bytes: Buffer, start: number, end: number, position: number): void {
    this.counts.records++;
    this.#dead(reason, bytes, start, end, position, detailOf(reason));
  }

  ignored(reason: string): void {
    this.counts.records++;
    countOne(this.counts.ignored, reason);
  }

  /** Whom a record names, and what was done to what, stands at its beginning: padding it hides nothing. */
  tooLong(found: TooLong): void {
    this.counts.records++;
    const { length, hash, broken, tail } = found;
    const head = readable(found.outline ?? found.head);
    const parsed = broken === undefined ? this.#parser.parse(head, 0, head.length, length, tail) : undefined;
    if (parsed !== undefined && isEvent(parsed) && isPossibleTime(parsed.time)) {
      this.#countProof(parsed);
      const use = asBegun(parsed, head);
      const event = PendingUse.of(use, use.time, false, idOfHash(use.format, hash));
      this.#letters.set(event, letterOfLong(this.source, found, 'timestamp-not-reached', NOT_REACHED));
      this.#clock.offer(event, this.#out);
      this.#tell(this.#tally.event(use.time), head, 0, head.length, found.position);
    } else if (parsed !== undefined && 'ignored' in parsed) {
      countOne(this.counts.ignored, parsed.ignored);
      if (!isExpected(parsed.ignored))
        this.#tell(this.#tally.unreadable(parsed.ignored, parsed.claim), head, 0, head.length, found.position);
    } else {
      countOne(this.counts.deadLetters, 'too-long');
      const claim = parsed !== undefined && 'unusable' in parsed ? parsed.claim : undefined;
      this.#tell(this.#tally.unreadable('too-long', claim), head, 0, head.length, found.position);
      this.#options.onDeadLetter?.(letterOfLong(this.source, found, 'too-long', TOO_LONG));
    }
  }

  save(): SavedLane {
    return {
      position: this.source.save(this.#position),
      ended: this.state === 'ended',
      format: this.#format?.id,
      ...(this.#layers.length > 0 && { layers: this.#layers }),
      parser: this.#parser.save?.(),
      clock: this.#clock.save(),
      suspects: this.#clock.waiting.map((event) => this.#letterOf(event)),
      counts: copyCounts(this.counts),
      tally: this.#tally.save(),
    };
  }

  /** Goes on where `saved` stood; the source must have been opened at `saved.position`. */
  load(saved: SavedLane): void {
    this.counts = copyCounts(saved.counts);
    this.state = saved.ended ? 'ended' : 'open';
    const window = saved.clock.window.map((use, at) => {
      const event = PendingUse.load(use);
      const letter = saved.suspects[at];
      if (letter !== undefined) this.#letters.set(event, letter);
      return event;
    });
    this.#clock.load(saved.clock, window);
    if (saved.tally !== undefined) this.#tally.load(saved.tally);
    if (saved.format === undefined) return;
    const format = this.#options.format ?? this.#options.formatById(saved.format);
    if (format === undefined) return;
    this.#start(format, saved.layers ?? [], this.source.startsAt);
    if (saved.parser !== undefined) this.#parser.load?.(saved.parser);
  }

  #newSample(): FormatSample {
    return new FormatSample(this.source.startsAt, (found) => this.tooLong(found));
  }

  /** Offset of the first byte of which nothing has been made: where a restart goes on. */
  get #position(): number {
    return this.#unwrapper?.position ?? this.#framer?.position ?? this.#sample?.position ?? this.source.startsAt;
  }

  #start(format: Format | undefined, layers: Layers, position: number): void {
    this.#format = format;
    this.#layers = layers;
    this.#parser = format?.parser(this.#options.context) ?? UNKNOWN_FORMAT;
    const framing = format?.framing ?? 'line';
    const { startsAt, startsInside = startsAt > 0 } = this.source;
    if (layers.length === 0) {
      this.#framer = framerOf(framing, this, position, startsInside);
    } else {
      this.#unwrapper = new Unwrapper(layers, framing, this);
      this.#framer = new Framer('line', this.#unwrapper, position);
    }
    this.#sample = undefined;
  }

  #push(chunk: Buffer): void {
    if (this.#framer !== undefined) {
      this.#framer.push(chunk);
      return;
    }
    const sample = this.#sample;
    sample?.push(chunk);
    // Where the format is named, only a first line in an envelope asks for more lines.
    const first = this.#options.format && sample?.lines.find((line) => line.trim() !== '');
    const isPlain = first !== undefined && openLines([first]).layers.length === 0;
    if (sample?.enough === true || isPlain) this.#decideFormat('enough');
    else if (sample?.longHead !== undefined) this.#decideFormat('long');
  }

  /** Reads the sample in its format; without one, waits for more as long as more can tell. */
  #decideFormat(when: 'long' | 'enough' | 'caught-up' | 'end'): void {
    const sample = this.#sample;
    const final = when === 'end' || sample?.enough === true;
    if (sample === undefined || (sample.chunks.length === 0 && !final)) return;
    const { name } = this.source;
    const fromStart = this.source.save(sample.position).offset === 0;
    const sampled = sample.longHead === undefined ? sample.lines : [sample.longHead];
    const { format: named, detect } = this.#options;
    if (named !== undefined && sampled.length === 0 && !final) return;
    const { layers, lines } = openLines(sampled);
    const origin = { name, fromStart, isWrapped: layers.length > 0 };
    const format =
      named ??
      detect(lines, origin) ??
      (layers.length > 0 ? undefined : detect(sample.elements(when === 'end'), origin));
    if (format === undefined && !final) return;
    // What a client wrote may look like a stderr log, or like nothing: more lines may show that it stands in a csvlog.
    const isUnsure = format === undefined || (named === undefined && format.framing === 'postgres-stderr');
    if (isUnsure && when === 'enough' && !sample.plenty) return;
    if (format === undefined && sample.lines.length > 0) {
      const closest = this.#options.closest?.([...lines, ...sample.elements(when === 'end')]);
      this.#options.onWarning?.(unknownFormat(name, closest));
    }
    this.#start(format, layers, sample.position);
    for (const chunk of sample.chunks) this.#framer?.push(chunk);
  }

  #end(): void {
    this.#sample?.end();
    if (this.#sample !== undefined) this.#decideFormat('end');
    this.#framer?.end();
    this.#unwrapper?.end();
    for (const one of this.#parser.broken?.(true) ?? []) {
      const named = Buffer.from(one.record);
      this.#tell(toldOfChain(one), named, 0, named.length, this.#position);
    }
    this.#clock.end(this.#out);
    this.state = 'ended';
  }

  #caughtUp(now: number | undefined): void {
    if (this.#sample !== undefined) this.#decideFormat('caught-up');
    // Silent at two looks in a row: the server is not in the middle of a record.
    if (this.state === 'caught-up') this.#silent();
    if (now !== undefined) this.#clock.caughtUp(this.#out);
    this.state = 'caught-up';
  }

  #silent(): void {
    this.#framer?.silent();
    if (this.#framer instanceof Framer && this.#framer.isAtLineStart) this.#unwrapper?.silent();
  }

  #rejectTime(event: PendingUse): void {
    const letter = this.#letterOf(event);
    this.#letters.delete(event);
    const { reading } = event.use;
    this.#tally.untell(reading ?? { read: 0, unreadable: { reason: letter.reason, count: 1 } });
    if (reading !== undefined) return;
    countOne(this.counts.deadLetters, letter.reason);
    this.#options.onDeadLetter?.(letter);
  }

  /** The dead letter that an event on probation may become. */
  #letterOf(event: PendingUse): DeadLetter {
    const { bytes, start, end, position } = event;
    return (
      this.#letters.get(event) ??
      this.#letter('timestamp-not-reached', bytes.subarray(start, end), position, NOT_REACHED)
    );
  }

  #dead(
    reason: string,
    bytes: Buffer,
    start: number,
    end: number,
    position: number,
    detail: string | undefined,
    claim?: Claim,
  ): void {
    countOne(this.counts.deadLetters, reason);
    this.#tell(this.#tally.unreadable(reason, claim), bytes, start, end, position);
    this.#options.onDeadLetter?.(this.#letter(reason, bytes.subarray(start, end), position, detail));
  }

  #letter(reason: string, record: Buffer, position: number, detail: string | undefined): DeadLetter {
    const cut = { framing: this.#format?.framing, layers: this.#layers };
    return letterOf(this.source, record, position, reason, detail, cut);
  }

  #sourceProblem(reason: string, detail: string): void {
    countOne(this.counts.deadLetters, reason);
    this.#options.onWarning?.(`${this.source.name}: ${detail}`);
    const position = this.#position;
    this.#options.onDeadLetter?.(this.#letter(reason, Buffer.alloc(0), position, detail));
  }
}
