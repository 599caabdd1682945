import { AT, SIZES, type State } from './state.ts';

/**
 * How large an answer is among this principal's, in bits of evidence that somebody draws data: the share u of answers as large gives
 * log₂ ½u^−½, the likelihood ratio of a thief whose answers crowd at the large end. Sizes are counted in bins of half a power of two.
 */

/** Answers from which something can be said. */
const LEAST = 100;
/** The most bits of one answer. */
export const MOST_OF_ANSWER = 12;
/** Beyond the largest size so far, each bin is this much rarer, in powers of two. */
const BEYOND = 0.4;

/** Bin of an answer's size. */
export const binOf = (size: number): number => (size < 2 ? 0 : Math.min(SIZES - 1, Math.floor(2 * Math.log2(size))));

/** What the counts of a state come to: asked for at each answer, so kept beside it. */
export interface Sizes {
  all: number;
  /** The bin of the largest. */
  largest: number;
}

export const sizesOf = ({ f32 }: State): Sizes => {
  const sizes = { all: 0, largest: 0 };
  for (let at = 0; at < SIZES; at++) {
    const count = f32[AT.sizes + at] as number;
    sizes.all += count;
    if (count > 0) sizes.largest = at;
  }
  return sizes;
};

/** How many times as likely an answer is of somebody who draws data; undefined while too few are known. */
export const likelihoodOfSize = ({ f32 }: State, { all, largest }: Sizes, bin: number): number | undefined => {
  if (all <= LEAST) return undefined;
  let tail = 0;
  for (let at = bin; at <= largest; at++) tail += f32[AT.sizes + at] as number;
  let share = (tail + 0.5) / (all + 1);
  if (tail < 1) share *= 2 ** (-BEYOND * Math.max(0, bin - largest));
  return 0.5 / Math.sqrt(share);
};

export const learnSize = ({ f32 }: State, sizes: Sizes, bin: number): void => {
  const before = f32[AT.sizes + bin] as number;
  f32[AT.sizes + bin] = before + 1;
  sizes.all += (f32[AT.sizes + bin] as number) - before;
  sizes.largest = Math.max(sizes.largest, bin);
};
