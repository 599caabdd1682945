import { createHash } from 'node:crypto';

/** The next number, uniform in [0, 1). Everything below draws from one of these and keeps no state of its own. */
export type Random = () => number;

/**
 * A stream of its own for every seed, the same on every machine: xoshiro128** (Blackman and Vigna, 2018), started from SHA-256 of the seed,
 * so that `seeded('7/agent-1')` and `seeded('7/agent-2')` have nothing in common.
 */
export function seeded(seed: string): Random {
  const state = createHash('sha256').update(seed).digest();
  let a = state.readInt32LE(0);
  let b = state.readInt32LE(4);
  let c = state.readInt32LE(8);
  let d = state.readInt32LE(12) | 1; // the all-zero state would stay there
  return () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return (result >>> 0) / 2 ** 32;
  };
}

export const chance = (random: Random, probability: number): boolean => random() < probability;

export const uniform = (random: Random, low: number, high: number): number => low + random() * (high - low);

/** A whole number from `low` to `high`, both possible. */
export const integer = (random: Random, low: number, high: number): number =>
  low + Math.floor(random() * (high - low + 1));

export const exponential = (random: Random, mean: number): number => -mean * Math.log(1 - random());

/** How many trials until the first stop, at least 1: the length of a run of calls. */
export const geometric = (random: Random, mean: number): number =>
  mean <= 1 ? 1 : 1 + Math.floor(Math.log(1 - random()) / Math.log(1 - 1 / mean));

/** Heavy-tailed: P(X > x) = (minimum / x) ^ shape, cut at `cap`. */
export const pareto = (random: Random, minimum: number, shape: number, cap: number): number =>
  Math.min(cap, minimum * (1 - random()) ** (-1 / shape));

/** A factor around 1 whose logarithm is normal with deviation `sigma` (Box-Muller). */
export const logNormal = (random: Random, sigma: number): number =>
  Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));

/** A count with that mean (Knuth's product method; large means are halved first, or the product would underflow). */
export function poisson(random: Random, mean: number): number {
  if (mean > 30) return poisson(random, mean / 2) + poisson(random, mean / 2);
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}

/** Cumulative shares of `size` items whose weights fall as 1 / rank ^ exponent; for `pick`. */
export function zipf(size: number, exponent: number): readonly number[] {
  const weights = Array.from({ length: size }, (_, rank) => (rank + 1) ** -exponent);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return sum / total;
  });
}

/** An index drawn by cumulative shares. */
export function pick(random: Random, cumulative: readonly number[]): number {
  const x = random();
  const index = cumulative.findIndex((share) => x < share);
  return index < 0 ? cumulative.length - 1 : index;
}

export function choice<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('nothing to choose from');
  return item;
}

export function hex(random: Random, digits: number): string {
  let text = '';
  for (let i = 0; i < digits; i += 1) text += Math.floor(random() * 16).toString(16);
  return text;
}

export const uuid = (random: Random): string => [8, 4, 4, 4, 12].map((digits) => hex(random, digits)).join('-');
