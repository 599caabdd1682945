/** Whether there is a time zone of this name, such as `Europe/Berlin`. */
export const isZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false; // A RangeError: no such zone.
  }
};

const HOUR = 3_600_000;

/** Turns what a clock of a zone shows into milliseconds since the epoch. */
export class NamedZone {
  readonly #format: Intl.DateTimeFormat;
  /** The hour that was asked for last: a log asks for one hour many times. */
  #hour = Number.NaN;
  #offset = 0;

  constructor(name: string) {
    const two = '2-digit';
    this.#format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: name, hourCycle: 'h23', year: 'numeric' },
      ...{ month: two, day: two, hour: two, minute: two, second: two },
    });
  }

  /** @param local what the clock shows, as if it were UTC. An hour that comes twice is taken for the later one. */
  toUtc(local: number): number {
    return local - this.#offsetAt(local - this.#offsetAt(local));
  }

  #offsetAt(instant: number): number {
    // Zones change their offset on quarters of an hour at the finest.
    const hour = Math.floor(instant / (HOUR / 4));
    if (hour !== this.#hour && !Number.isNaN(instant)) {
      const at = new Map(this.#format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
      const part = (type: Intl.DateTimeFormatPartTypes): number => at.get(type) ?? 0;
      const shown = Date.UTC(
        part('year'),
        part('month') - 1,
        part('day'),
        part('hour'),
        part('minute'),
        part('second'),
      );
      this.#offset = shown - Math.floor(instant / 1000) * 1000;
      this.#hour = hour;
    }
    return this.#offset;
  }
}
