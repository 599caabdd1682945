import { DAY } from '../baselines/series.ts';
import type { History } from './figures.ts';

/** From when to when events were, and how many. */
export class ReadTimes {
  /** Events of each UTC day. */
  readonly #perDay = new Map<number, number>();
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;

  /** Milliseconds since the epoch. */
  note(time: number): void {
    if (time < this.#from) this.#from = time;
    if (time > this.#to) this.#to = time;
    const day = Math.floor(time / DAY);
    this.#perDay.set(day, (this.#perDay.get(day) ?? 0) + 1);
  }

  /** Of whole UTC days, from the one of a time on. Anything shorter than a day counts as one. */
  since(time = Number.NEGATIVE_INFINITY): Omit<History, 'principalDays'> {
    const from = Math.max(this.#from, time);
    let events = 0;
    for (const [day, count] of this.#perDay) if ((day + 1) * DAY > time) events += count;
    if (from > this.#to) return { from: undefined, to: undefined, days: 0, events };
    return { from, to: this.#to, days: Math.max(1, (this.#to - from) / DAY), events };
  }
}
