import type { PendingUse } from './ordered.ts';

/** Plain JSON. */
export interface SavedOccurrences {
  /** Null before the first event. */
  readonly time: number | null;
  readonly counts: readonly (readonly [string, number])[];
}

/** Numbers equal records at one time, also where they leave in two batches. */
export class Occurrences {
  #time = Number.NaN;
  #counts = new Map<string, number>();

  /** Takes the next events in order. */
  number(events: readonly PendingUse[]): void {
    for (let from = 0; from < events.length; ) {
      const time = events[from]?.orderTime ?? Number.NaN;
      let to = from + 1;
      while (to < events.length && events[to]?.orderTime === time) to++;
      // An event alone at its time needs no number, unless more may come at that time.
      if (to - from > 1 || to === events.length || time === this.#time) this.#numberGroup(events, from, to, time);
      from = to;
    }
  }

  save(): SavedOccurrences {
    return { time: Number.isNaN(this.#time) ? null : this.#time, counts: [...this.#counts] };
  }

  load(saved: SavedOccurrences): void {
    this.#time = saved.time ?? Number.NaN;
    this.#counts = new Map(saved.counts);
  }

  #numberGroup(events: readonly PendingUse[], from: number, to: number, time: number): void {
    if (time !== this.#time) {
      this.#time = time;
      this.#counts = new Map();
    }
    for (let at = from; at < to; at++) {
      const event = events[at];
      // Beside the event itself, what is said of its source is no second one.
      if (event === undefined || event.sight === 'only') continue;
      event.occurrence = (this.#counts.get(event.recordId) ?? 0) + 1;
      this.#counts.set(event.recordId, event.occurrence);
    }
  }
}
