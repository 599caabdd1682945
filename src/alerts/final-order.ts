import type { Alert } from './alert.ts';

/**
 * Gives alerts in their final form, ordered by (`@timestamp`, `event.id`), as soon as that can be known: when an alert
 * and all that opened before it are over. Holds only those that still run, and those behind them.
 */
export class FinalOrder {
  /** In order of opening, since findings come in order of time. */
  readonly #waiting = new Map<string, Alert>();

  /** Takes a revision of an alert. */
  take(alert: Alert): void {
    this.#waiting.set(alert.id, alert);
  }

  /** The alerts that nothing can change or come before any more. */
  ready(): Alert[] {
    const done: Alert[] = [];
    let sameTime: Alert[] = [];
    for (const alert of this.#waiting.values()) {
      if (sameTime.length > 0 && alert.openedAt > (sameTime[0] as Alert).openedAt) {
        done.push(...sameTime);
        sameTime = [];
      }
      if (alert.state === 'running') {
        sameTime = [];
        break;
      }
      sameTime.push(alert);
    }
    for (const { id } of done) this.#waiting.delete(id);
    return done.sort(inOrder);
  }

  /** All the rest, running ones included: the end of the input does not advance time. */
  rest(): Alert[] {
    const rest = [...this.#waiting.values()].sort(inOrder);
    this.#waiting.clear();
    return rest;
  }
}

const inOrder = (a: Alert, b: Alert): number => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1);
