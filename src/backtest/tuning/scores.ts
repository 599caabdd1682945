import { isYoung } from '../../baselines/principal.ts';
import { DAY } from '../../baselines/series.ts';
import type { Context, Detector, Result } from '../../detectors/detector.ts';

/** The most bits that a detector gave one principal on one UTC day. */
export interface Score {
  readonly principal: string;
  /** Since the epoch. */
  readonly day: number;
  readonly bits: number;
}

/** Notes what detectors make of a history before severities decide what is told, also where that is nothing. */
export class Scores {
  readonly #of = new Map<string, Map<string, Score>>();

  /** The same detector, with its scores noted. */
  noted(detector: Detector): Detector {
    if (typeof detector.severity === 'string') return detector;
    const { check } = detector;
    return {
      ...detector,
      check: (context, report) =>
        check(context, (result) => {
          this.#note(detector, context, result);
          report(result);
        }),
    };
  }

  /** Those from the UTC day of a time on (milliseconds). */
  of(detector: string, since = Number.NEGATIVE_INFINITY): readonly Score[] {
    return [...(this.#of.get(detector)?.values() ?? [])].filter(({ day }) => (day + 1) * DAY > since);
  }

  /** Only what the severities of its file decide: nothing that is low whatever they say, nor what peers explain. */
  #note({ id, appliesTo }: Detector, { at, principal }: Context, { bits, atMost, explained }: Result): void {
    if (bits === undefined || atMost !== undefined || explained === true) return;
    if (isYoung(principal, at.orderTime) || appliesTo?.(principal.name, at.attribution.credential) === false) return;
    const day = Math.floor(at.orderTime / DAY);
    const key = `${day} ${principal.name}`;
    const known = this.#of.get(id) ?? new Map<string, Score>();
    if (known.size === 0) this.#of.set(id, known);
    if (bits > (known.get(key)?.bits ?? 0)) known.set(key, { principal: principal.name, day, bits });
  }
}
