import { AT, get, SIZES, type State } from './state.ts';

/**
 * How large an answer is among this principal's, in bits of evidence that somebody draws data: the share u of answers as large gives
 * log₂ ½u^−½, the likelihood ratio of a thief whose answers crowd at the large end. Sizes are counted in bins of half a power of two.
 */

/** Answers from which something can be said. */
const LEAST = 100;
const MOST = 12;
/** Beyond the largest size so far, each bin is this much rarer, in powers of two. */
const BEYOND = 0.4;

const binOf = (size: number): number => (size < 2 ? 0 : Math.min(SIZES - 1, Math.floor(2 * Math.log2(size))));

/** Bits of one answer; undefined while too few are known. */
export const bitsOfSize = ({ f32 }: State, size: number): number | undefined => {
  const bin = binOf(size);
  let all = 0;
  let tail = 0;
  let largest = 0;
  for (let at = 0; at < SIZES; at++) {
    const count = f32[AT.sizes + at] as number;
    if (count === 0) continue;
    all += count;
    largest = at;
    if (at >= bin) tail += count;
  }
  if (all <= LEAST) return undefined;
  let share = (tail + 0.5) / (all + 1);
  if (tail < 1) share *= 2 ** (-BEYOND * Math.max(0, bin - largest));
  return Math.min(MOST, Math.log2(0.5 / Math.sqrt(share)));
};

export const learnSize = (state: State, size: number): void => {
  const bin = AT.sizes + binOf(size);
  state.f32[bin] = get(state.f32, bin) + 1;
};
