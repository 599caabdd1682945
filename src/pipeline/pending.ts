import { type HeldBatch, LateEvents, type OwnProgress } from './late-events.ts';
import { Occurrences, type SavedOccurrences } from './occurrences.ts';
import { inOrder, PendingUse, type SavedUse } from './ordered.ts';

/** Plain JSON. */
export interface SavedPending {
  readonly events: readonly SavedUse[];
  /** Time of the last event that left; null before the first. */
  readonly left: number | null;
  readonly occurrences: SavedOccurrences;
  readonly overflow: number;
  readonly behind: number;
  /** How far time had come: what is before it comes late. Absent in what earlier versions saved. */
  readonly reached?: number | null;
  readonly held?: readonly HeldBatch<SavedUse>[];
}

export interface PendingLimits {
  readonly events: number;
  /** Bytes of the records that are held. */
  readonly bytes: number;
  /** Events that leave at a time; far fewer new ones are not worth sorting in. */
  readonly batch: number;
}

const NONE: readonly string[] = [];

/** How far it goes below a limit that was reached, so that one more event doesn't mean another round. */
const SHRINK = 0.9;

/** Events that wait until nothing earlier can come. What comes after its turn keeps its own time, and leaves as soon as its source allows. */
export class PendingEvents {
  /** Left before their turn because a limit was reached. */
  overflow = 0;
  /** Came after their turn: time had passed them, or later ones had left for lack of room. */
  behind = 0;
  #incoming: PendingUse[] = [];
  readonly #late = new LateEvents();
  readonly #limits: PendingLimits;
  readonly #occurrences = new Occurrences();
  #sorted: PendingUse[] = [];
  /** Those before it have left. */
  #head = 0;
  #bytes = 0;
  #left = Number.NEGATIVE_INFINITY;
  #reached = Number.NEGATIVE_INFINITY;

  constructor(limits: PendingLimits) {
    this.#limits = limits;
  }

  get worthSorting(): boolean {
    const held = this.#sorted.length - this.#head;
    return this.#incoming.length >= Math.max(this.#limits.batch / 8, held / 2);
  }

  /** So many wait since they came late that some may be due. */
  get worthSettling(): boolean {
    return this.#late.count >= this.#limits.batch;
  }

  /** Some have waited only for others of their own source: they leave although time has not gone on. */
  get hasSettled(): boolean {
    return (this.#incoming[0]?.orderTime ?? Number.POSITIVE_INFINITY) < this.#reached;
  }

  /** Sources of which events wait that came late. */
  get lateSources(): readonly string[] {
    return this.#late.count === 0 ? NONE : [...this.#late.sources];
  }

  /** Takes what a source gave. `readAt`: wall clock, milliseconds; without it, what comes late waits for nothing. */
  add(events: PendingUse[], source: string, readAt?: number): void {
    const passed = Math.max(this.#reached, this.#left);
    // What waits must not be passed by what comes from the same source in time.
    const wait = this.#late.has(source) || events.some(({ orderTime }) => orderTime < passed);
    for (const event of events) {
      this.#bytes += event.end - event.start;
      const turn = Math.max(event.orderTime, passed);
      if (turn > event.use.time) event.lateMs = turn - event.use.time;
      if (event.orderTime < passed) this.behind++;
      if (!wait) this.#incoming.push(event);
    }
    if (!wait) return;
    if (readAt === undefined) this.#incoming = events.concat(this.#incoming);
    else this.#late.add(source, events, readAt);
    if (this.#late.count > this.#limits.events || this.#bytes > this.#limits.bytes) this.#dropHold();
  }

  /** A source of which late events may wait has come so far by itself. */
  cameTo(source: string, progress: OwnProgress): void {
    this.#late.cameTo(source, progress);
  }

  /** Lets go of what came late, as far as the sources have come since. `now`: wall clock, milliseconds. */
  settle(now: number): void {
    if (this.#late.count === 0) return;
    const due = this.#late.take(now);
    if (due.length > 0) this.#incoming = due.concat(this.#incoming);
  }

  sortIn(): void {
    if (this.#incoming.length === 0) return;
    const held = this.#sorted.slice(this.#head);
    this.#sorted = held.length === 0 ? this.#incoming : held.concat(this.#incoming);
    this.#sorted.sort(inOrder);
    this.#head = 0;
    this.#incoming = [];
  }

  /** How many of the events sorted in may leave: those before `frontier`, and what is beyond a limit. */
  ready(frontier: number): number {
    if (Number.isFinite(frontier)) this.#reached = Math.max(this.#reached, frontier);
    const held = this.#sorted.length - this.#head;
    const due = this.#before(Math.max(frontier, this.#reached)) - this.#head;
    const { events, bytes } = this.#limits;
    if (held - due <= events && this.#bytes <= bytes) return due;
    const excess = Math.max(1 - (SHRINK * events) / held, 1 - (SHRINK * bytes) / this.#bytes);
    const must = Math.min(held, Math.ceil(held * excess));
    if (must <= due) return due;
    this.overflow += must - due;
    return must;
  }

  /** The next events, `most` or a batch of them, numbered where equal. */
  take(most: number): PendingUse[] {
    const batch = this.#sorted.slice(this.#head, this.#head + Math.min(most, this.#limits.batch));
    this.#head += batch.length;
    for (const event of batch) this.#bytes -= event.end - event.start;
    this.#occurrences.number(batch);
    this.#left = Math.max(this.#left, batch.at(-1)?.orderTime ?? this.#left);
    return batch;
  }

  save(): SavedPending {
    const events = this.#sorted.slice(this.#head).concat(this.#incoming);
    return {
      events: events.map((event) => event.save()),
      left: this.#left === Number.NEGATIVE_INFINITY ? null : this.#left,
      occurrences: this.#occurrences.save(),
      overflow: this.overflow,
      behind: this.behind,
      reached: this.#reached === Number.NEGATIVE_INFINITY ? null : this.#reached,
      held: this.#late
        .save()
        .map(({ events: late, ...rest }) => ({ ...rest, events: late.map((event) => event.save()) })),
    };
  }

  load(saved: SavedPending): void {
    // The first of them says whether some have settled.
    this.#incoming = saved.events.map((event) => PendingUse.load(event)).sort(inOrder);
    this.#left = saved.left ?? Number.NEGATIVE_INFINITY;
    this.#occurrences.load(saved.occurrences);
    this.overflow = saved.overflow;
    this.behind = saved.behind;
    this.#reached = saved.reached ?? this.#left;
    this.#late.load(
      (saved.held ?? []).map(({ events, ...rest }) => ({
        ...rest,
        events: events.map((event) => PendingUse.load(event)),
      })),
    );
  }

  /** Too many are held: order among what came late is given up before room for what comes in time. */
  #dropHold(): void {
    const all = this.#late.takeAll();
    this.overflow += all.length;
    this.#incoming = all.concat(this.#incoming);
  }

  /** Index of the first event that is not before `time`. */
  #before(time: number): number {
    let low = this.#head;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle]?.orderTime ?? time) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
