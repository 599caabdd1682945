import type { Alert } from '../alerts/alert.ts';
import { FinalOrder } from '../alerts/final-order.ts';
import type { Registry } from '../attribution/registry.ts';
import type { History } from '../backtest/figures.ts';
import { PrincipalDays } from '../backtest/principal-days.ts';
import { ReadTimes } from '../backtest/read-times.ts';
import type { Detector } from '../detectors/detector.ts';
import { Core } from './core.ts';
import type { OrderedUse } from './ordered.ts';

/** One set of detectors on a history: what `scan` would have told. Several may take the same events, one after the other. */
export class Trial {
  readonly core: Core;
  readonly #order = new FinalOrder();
  readonly #days = new PrincipalDays();
  readonly #times = new ReadTimes();

  constructor(registry: Registry, detectors: readonly Detector[]) {
    this.core = new Core(registry, [...detectors, this.#days.detector], (alert) => this.#order.take(alert));
  }

  process(batch: readonly OrderedUse[]): void {
    for (const { use } of batch) if (use.reading === undefined) this.#times.note(use.time);
    this.core.process(batch);
  }

  /** There is no more to come: what waits for peers is decided. */
  end(): void {
    this.core.decide(Number.POSITIVE_INFINITY);
  }

  /** In their final form, of incidents that were going on at `since` (milliseconds) or later. */
  alerts(since?: number): Alert[] {
    return alertsSince(this.#order.all(), since);
  }

  /** What was read of the time from `since` (milliseconds) on. */
  history(since?: number): History {
    return { ...this.#times.since(since), principalDays: this.#days.since(since) };
  }
}

/** Those that were going on at a time, or opened later. */
export const alertsSince = (alerts: readonly Alert[], since = Number.NEGATIVE_INFINITY): Alert[] =>
  alerts.filter(({ end }) => end >= since);
