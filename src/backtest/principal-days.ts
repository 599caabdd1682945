import { z } from 'zod';
import { DAY } from '../baselines/series.ts';
import { type Detector, defineKind } from '../detectors/detector.ts';

/** Counts the UTC days on which each principal did something: what false alerts are measured against. */
export class PrincipalDays {
  readonly #perDay = new Map<number, number>();
  readonly #last = new Map<string, Set<number>>();
  #name = '';
  #day = Number.NaN;

  /** A detector that never reports: it is shown every use of every principal. */
  readonly detector: Detector = {
    id: 'principal-days',
    title: 'Counts days',
    description: 'Counts days.',
    kind: SILENT,
    check: ({ at, principal }) => {
      if (at.attribution.principal !== undefined) this.#note(principal.name, Math.floor(at.orderTime / DAY));
    },
    severity: 'low',
    threat: [],
    exceptions: [],
    repeatAfter: DAY,
  };

  #note(name: string, day: number): void {
    if (name === this.#name && day === this.#day) return;
    this.#name = name;
    this.#day = day;
    const days = this.#last.get(name) ?? new Set();
    if (days.has(day)) return;
    days.add(day);
    this.#last.set(name, days);
    this.#perDay.set(day, (this.#perDay.get(day) ?? 0) + 1);
  }

  /** Those from a time on (milliseconds since the epoch). */
  since(time = Number.NEGATIVE_INFINITY): number {
    let sum = 0;
    for (const [day, count] of this.#perDay) if ((day + 1) * DAY > time) sum += count;
    return sum;
  }
}

const SILENT = defineKind({
  id: 'silent',
  title: 'Watches, and reports nothing.',
  trigger: 'use',
  baseline: false,
  parameters: z.strictObject({}),
  check: () => () => {},
});
