import { linearRegression, quantileSorted } from 'simple-statistics';

/** How rare a score is: a straight line of the logarithm of the share of benign principal-days that reach it. */
export interface Tail {
  /** Benign principal-days with any score, and all of them. */
  readonly scored: number;
  readonly days: number;
  /** Bits that half, a tenth and a hundredth of the scored days reach. */
  readonly quantiles: { readonly half: number; readonly tenth: number; readonly hundredth: number };
  /** log2(share) = slope * bits + offset. */
  readonly slope: number;
  readonly offset: number;
}

/** Different scores from which a line is fitted; with fewer, each bit halves the share, which is what bits are meant to be. */
const LEAST_POINTS = 8;
export const NOMINAL_SLOPE = -1;
/** A score that is hardly rarer than the one before says nothing: no line is flatter. */
const FLATTEST = -0.25;

/** Undefined where the detector scored nothing. */
export function tailOf(bits: readonly number[], days: number): Tail | undefined {
  if (bits.length === 0 || days <= 0) return undefined;
  const sorted = bits.toSorted((a, b) => a - b);
  const half = quantileSorted(sorted, 0.5);
  return {
    scored: sorted.length,
    days,
    quantiles: { half, tenth: quantileSorted(sorted, 0.9), hundredth: quantileSorted(sorted, 0.99) },
    ...lineOf(sorted, days, half),
  };
}

function lineOf(sorted: readonly number[], days: number, half: number): Pick<Tail, 'slope' | 'offset'> {
  const points = sorted.flatMap((score, index) =>
    score === sorted[index - 1] ? [] : [[score, Math.log2((sorted.length - index) / days)]],
  );
  if (points.length < LEAST_POINTS)
    return { slope: NOMINAL_SLOPE, offset: Math.log2(sorted.length / 2 / days) - NOMINAL_SLOPE * half };
  const { m, b } = linearRegression(points);
  if (m <= FLATTEST) return { slope: m, offset: b };
  return { slope: FLATTEST, offset: Math.log2(sorted.length / 2 / days) - FLATTEST * half };
}

/** Surprise, measured: −log2 of the share of benign principal-days that reach a score. No more of them do than have any. */
export const surpriseOf = ({ slope, offset, scored, days }: Tail, bits: number): number =>
  Math.max(Math.log2(days / scored), -(slope * bits + offset));

/** The score whose surprise is this. */
export const bitsAt = ({ slope, offset }: Tail, surprise: number): number => (-surprise - offset) / slope;
