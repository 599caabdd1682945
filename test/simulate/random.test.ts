import { describe, expect, test } from 'vitest';
import * as r from '../../src/simulate/random.ts';

const mean = (numbers: readonly number[]) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
const many = (draw: (random: r.Random) => number, seed = 'many') => {
  const random = r.seeded(seed);
  return Array.from({ length: 20_000 }, () => draw(random));
};

describe('seeded random numbers', () => {
  test('the same seed gives the same numbers, on every machine', () => {
    const random = r.seeded('wayward');
    expect([random(), random(), random()].map((x) => x.toFixed(9))).toMatchInlineSnapshot(`
      [
        "0.492093703",
        "0.990661141",
        "0.272749407",
      ]
    `);
    expect(r.hex(r.seeded('a'), 8)).toBe(r.hex(r.seeded('a'), 8));
  });

  test('another seed gives others', () => {
    const [a, b] = [r.seeded('agent-1'), r.seeded('agent-2')];
    expect(Array.from({ length: 5 }, a)).not.toEqual(Array.from({ length: 5 }, b));
  });

  test('they fill [0, 1) evenly', () => {
    const numbers = many((random) => random());
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    expect(mean(numbers)).toBeCloseTo(0.5, 1);
  });
});

describe('distributions', () => {
  test.each([
    ['exponential', (random: r.Random) => r.exponential(random, 7), 7],
    ['geometric', (random: r.Random) => r.geometric(random, 8), 8],
    ['poisson, small', (random: r.Random) => r.poisson(random, 3), 3],
    ['poisson, large', (random: r.Random) => r.poisson(random, 900), 900],
    ['integer', (random: r.Random) => r.integer(random, 5, 50), 27.5],
  ])('%s has the mean that it says', (_, draw, expected) => {
    expect(Math.abs(mean(many(draw)) / expected - 1)).toBeLessThan(0.05);
  });

  test('a run has at least one call, and geometric runs reach far beyond their mean', () => {
    const runs = many((random) => r.geometric(random, 8));
    expect(Math.min(...runs)).toBe(1);
    expect(Math.max(...runs)).toBeGreaterThan(50);
    expect(many((random) => r.geometric(random, 1)).every((length) => length === 1)).toBe(true);
  });

  test('Pareto is heavy-tailed, from its minimum to its cap', () => {
    const gaps = many((random) => r.pareto(random, 0.1, 0.9, 300));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0.1);
    expect(Math.max(...gaps)).toBeGreaterThan(100);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(300);
  });

  test('Zipf shares fall with the rank and add up to one', () => {
    const shares = r.zipf(5, 1);
    expect(shares.at(-1)).toBeCloseTo(1);
    const counts = [0, 0, 0, 0, 0];
    for (const index of many((random) => r.pick(random, shares))) counts[index] = (counts[index] ?? 0) + 1;
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    expect((counts[0] ?? 0) / (counts[1] ?? 1)).toBeCloseTo(2, 0);
  });

  test('nothing can be chosen from nothing', () => {
    expect(() => r.choice(r.seeded('x'), [])).toThrow(RangeError);
  });
});
