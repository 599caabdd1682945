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
}

export interface PendingLimits {
  readonly events: number;
  /** Bytes of the records that are held. */
  readonly bytes: number;
  /** Events that leave at a time; far fewer new ones are not worth sorting in. */
  readonly batch: number;
}

/** How far it goes below a limit that was reached, so that one more event doesn't mean another round. */
const SHRINK = 0.9;

/** Events that wait until nothing earlier can come. */
export class PendingEvents {
  /** Where lanes put events. */
  incoming: PendingUse[] = [];
  /** Left before their turn because a limit was reached. */
  overflow = 0;
  /** Came when later ones had left (overflow, or live input slower than `settle`): filed behind those. */
  behind = 0;
  readonly #limits: PendingLimits;
  readonly #occurrences = new Occurrences();
  #sorted: PendingUse[] = [];
  /** Those before it have left. */
  #head = 0;
  #bytes = 0;
  #left = Number.NEGATIVE_INFINITY;

  constructor(limits: PendingLimits) {
    this.#limits = limits;
  }

  get worthSorting(): boolean {
    const held = this.#sorted.length - this.#head;
    return this.incoming.length >= Math.max(this.#limits.batch / 8, held / 2);
  }

  sortIn(): void {
    if (this.incoming.length === 0) return;
    for (const event of this.incoming) {
      this.#bytes += event.end - event.start;
      if (event.orderTime >= this.#left) continue;
      event.orderTime = this.#left;
      this.behind++;
    }
    const held = this.#sorted.slice(this.#head);
    this.#sorted = held.length === 0 ? this.incoming : held.concat(this.incoming);
    this.#sorted.sort(inOrder);
    this.#head = 0;
    this.incoming = [];
  }

  /** How many of the events sorted in may leave: those before `frontier`, and what is beyond a limit. */
  ready(frontier: number): number {
    const held = this.#sorted.length - this.#head;
    const due = this.#before(frontier) - this.#head;
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
    this.#left = batch.at(-1)?.orderTime ?? this.#left;
    return batch;
  }

  save(): SavedPending {
    const events = this.#sorted.slice(this.#head).concat(this.incoming);
    return {
      events: events.map((event) => event.save()),
      left: this.#left === Number.NEGATIVE_INFINITY ? null : this.#left,
      occurrences: this.#occurrences.save(),
      overflow: this.overflow,
      behind: this.behind,
    };
  }

  load(saved: SavedPending): void {
    this.incoming = saved.events.map((event) => PendingUse.load(event));
    this.#left = saved.left ?? Number.NEGATIVE_INFINITY;
    this.#occurrences.load(saved.occurrences);
    this.overflow = saved.overflow;
    this.behind = saved.behind;
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
