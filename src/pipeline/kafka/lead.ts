/** Events that are waiting somewhere for slower partitions. */
interface Stretch {
  /** The greatest event time among them. */
  readonly high: number;
  readonly events: number;
}

/**
 * How far the reader of one raw partition is ahead of the slowest, in events: those wait in the memory of whoever detects.
 * Through a backlog of months every reader would else run off at its own pace.
 */
export class Lead {
  readonly #most: number;
  #stretches: Stretch[] = [];
  #events = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(events: number, high: number): void {
    if (events === 0) return;
    this.#stretches.push({ high, events });
    this.#events += events;
  }

  /** `slowest`: the least watermark of all partitions; `own`: this one's. The slowest itself never waits. */
  isTooFar(own: number, slowest: number): boolean {
    const kept = this.#stretches.findIndex(({ high }) => high >= slowest);
    for (const { events } of this.#stretches.splice(0, kept === -1 ? this.#stretches.length : kept))
      this.#events -= events;
    return own > slowest && this.#events > this.#most;
  }
}
