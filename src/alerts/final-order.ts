import type { Alert } from './alert.ts';

/**
 * Gives alerts in their final form, ordered by (`@timestamp`, `event.id`). Holds them all: a record that comes late may still change any
 * of them, or open one before the first.
 */
export class FinalOrder {
  readonly #alerts = new Map<string, Alert>();

  /** Takes a revision of an alert. */
  take(alert: Alert): void {
    this.#alerts.set(alert.id, alert);
  }

  /** Once nothing more will come. The end of the input does not advance time: some may be running. */
  all(): Alert[] {
    return [...this.#alerts.values()].sort(inOrder);
  }
}

const inOrder = (a: Alert, b: Alert): number => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1);
