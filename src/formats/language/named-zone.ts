/** Whether there is a time zone of this name, such as `Europe/Berlin`. */
export const isZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false; // A RangeError: no such zone.
  }
};

const DAY = 86_400_000;

/** Turns what a clock of a zone shows into milliseconds since the epoch. */
export class NamedZone {
  readonly #format: Intl.DateTimeFormat;
  /** The day that was asked for last, and the offsets around it: a log asks for one day many times. */
  #day = Number.NaN;
  #before = 0;
  #after = 0;

  constructor(name: string) {
    const two = '2-digit';
    this.#format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: name, hourCycle: 'h23', year: 'numeric' },
      ...{ month: two, day: two, hour: two, minute: two, second: two },
    });
  }

  /**
   * @param local what the clock shows, as if it were UTC. An hour that comes twice is taken for the later one, unless it is known to be the first.
   */
  toUtc(local: number, isFirst = false): number {
    const day = Math.floor(local / DAY);
    if (day !== this.#day && !Number.isNaN(day)) {
      this.#day = day;
      this.#before = this.#offsetAt((day - 1) * DAY);
      this.#after = this.#offsetAt((day + 2) * DAY);
    }
    const [early, late] = [local - this.#before, local - this.#after];
    if (early === late || Number.isNaN(local)) return early;
    const isEarly = this.#offsetAt(early) === this.#before;
    const isLate = this.#offsetAt(late) === this.#after;
    if (isEarly && isLate) return isFirst ? early : late;
    return isLate ? late : early;
  }

  #offsetAt(instant: number): number {
    const at = new Map(this.#format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => at.get(type) ?? 0;
    const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
    return shown - Math.floor(instant / 1000) * 1000;
  }
}
