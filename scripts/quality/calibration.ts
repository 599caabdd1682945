import type { Detector } from '../../src/detectors/detector.ts';
import { DAY } from '../../src/simulate/schedule.ts';
import type { Detected } from './detect.ts';

/** Bits at which what is said is compared with what happens, beside the threshold in use. */
const POINTS = [8, 10, 12];
/** Days until a baseline is taken at its word. */
const GROWN_UP = 14;

/** How many benign principal-days there were, and how many of them reached so many bits. */
export interface Calibration {
  readonly days: number;
  readonly detectors: Readonly<
    Record<string, readonly { readonly bits: number; readonly inUse: boolean; readonly reached: number }[]>
  >;
}

/** The bits from which a detector's findings are of medium severity. */
function inUse({ severity }: Detector): number | undefined {
  return typeof severity === 'string' ? undefined : severity.medium;
}

/** `born` has each agent's first day of the world. */
export function calibrationOf(
  { bits }: Detected,
  detectors: readonly Detector[],
  born: ReadonlyMap<string, number>,
  from: number,
  days: number,
): Calibration {
  const first = Math.floor(from / DAY);
  const isGrownUp = (principal: string, day: number): boolean =>
    day - first - (born.get(principal.split('/')[0] ?? '') ?? 0) >= GROWN_UP;
  const judged = bits.filter(([, principal, day]) => isGrownUp(principal, day));
  const own = (detector: Detector) => judged.filter(([id]) => id === detector.id).map(([, , , value]) => value);
  return {
    days: [...born.values()].reduce((sum, day) => sum + Math.max(0, days - day - GROWN_UP), 0),
    detectors: Object.fromEntries(
      detectors
        .filter(({ kind }) => kind.baseline)
        .map((detector) => {
          const used = inUse(detector);
          const points = [...new Set([...POINTS, ...(used === undefined ? [] : [used])])].sort((a, b) => a - b);
          const values = own(detector);
          return [
            detector.id,
            points.map((point) => ({
              bits: point,
              inUse: point === used,
              reached: values.filter((value) => value >= point).length,
            })),
          ];
        }),
    ),
  };
}

/** Several worlds as one. */
export const pooled = (all: readonly Calibration[]): Calibration => ({
  days: all.reduce((sum, { days }) => sum + days, 0),
  detectors: Object.fromEntries(
    Object.entries(all[0]?.detectors ?? {}).map(([id, points]) => [
      id,
      points.map((point, at) => ({
        ...point,
        reached: all.reduce((sum, one) => sum + (one.detectors[id]?.[at]?.reached ?? 0), 0),
      })),
    ]),
  ),
});
