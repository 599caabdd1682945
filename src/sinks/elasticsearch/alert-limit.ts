/**
 * How many alerts may be written now. Elastic's External Alerts rule looks at the last two minutes each minute and takes 1,000
 * alerts a run: so no two minutes, wherever they begin, get more than the limit, and a run finds all of them.
 */
export class AlertLimit {
  readonly #most: number;
  readonly #window: number;
  #written: { readonly at: number; readonly count: number }[] = [];

  /** @param window milliseconds that one run looks at */
  constructor(most: number, window = 120_000) {
    this.#most = most;
    this.#window = window;
  }

  /** Milliseconds that a run looks back. */
  get window(): number {
    return this.#window;
  }

  /** How many may be written at this time (milliseconds since the epoch). */
  room(now: number): number {
    this.#written = this.#written.filter(({ at }) => at + this.#window > now);
    return Math.max(0, this.#most - this.#written.reduce((sum, { count }) => sum + count, 0));
  }

  /** Milliseconds from now until there is more room. */
  wait(now: number): number {
    return Math.max(1, (this.#written[0]?.at ?? now) + this.#window - now);
  }

  took(count: number, now: number): void {
    if (count > 0) this.#written.push({ at: now, count });
  }
}
