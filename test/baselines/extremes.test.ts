import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bounded, learnGreatest, setAlarms, surpriseOf, type Tail, tailOf } from '../../src/baselines/extremes.ts';
import { SERIES_COUNT } from '../../src/baselines/series.ts';
import { AT, get, openState, type State } from '../../src/baselines/state.ts';

/** Requests in five minutes. */
const SERIES = 2;
const DAY_ONE = 20_000;

/** A principal whose greatest values of its days were these. */
const known = (greatest: readonly number[]): State => {
  const state = openState();
  for (const [day, value] of greatest.entries()) learnGreatest(state, SERIES, DAY_ONE + day, value);
  state.f32[AT.activeDays] = greatest.length;
  return state;
};
const tail = (greatest: readonly number[]): Tail => tailOf(known(greatest), undefined, SERIES);

const days = fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 2, maxLength: 60 });
const value = fc.integer({ min: 0, max: 1_000_000 });

describe('the surprise of a day that had more', () => {
  test('is nothing as long as it is no more than on some day before', () => {
    fc.assert(
      fc.property(days, value, (before, now) => {
        fc.pre(now <= Math.max(...before));
        expect(surpriseOf(tail(before), SERIES, now)).toBe(0);
      }),
    );
  });

  test('never falls as the value grows', () => {
    fc.assert(
      fc.property(days, value, value, (before, a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        const known = tail(before);
        expect(surpriseOf(known, SERIES, more)).toBeGreaterThanOrEqual(surpriseOf(known, SERIES, less));
      }),
    );
  });

  test('grows with the days that never had as much', () => {
    const steady = (count: number) => surpriseOf(tail(Array(count).fill(40)), SERIES, 400);
    const bits = [2, 4, 8, 15, 30, 60].map(steady);
    expect(bits).toEqual(bits.toSorted((a, b) => a - b));
    expect(new Set(bits).size).toBe(bits.length);
  });

  test('is smaller for an agent that storms now and then than for a steady one', () => {
    const steady = Array(30).fill(60);
    const stormy = Array.from({ length: 30 }, (_, day) => (day % 7 === 0 ? 60 : 8 + (day % 5)));
    expect(surpriseOf(tail(stormy), SERIES, 600)).toBeLessThan(surpriseOf(tail(steady), SERIES, 600));
  });

  test('reaches the bits asked for exactly at the alarm value', () => {
    fc.assert(
      fc.property(days, fc.integer({ min: 6, max: 40 }), (before, bits) => {
        const state = known(before);
        setAlarms(state, undefined, bits);
        const alarm = get(state.f64, AT.alarm + SERIES);
        expect(surpriseOf(tailOf(state, undefined, SERIES), SERIES, alarm)).toBeCloseTo(bits, 6);
      }),
    );
  });

  test('is nothing on the first two days, of which nothing is known', () => {
    for (const count of [0, 1]) expect(surpriseOf(tail(Array(count).fill(5)), SERIES, 1e9)).toBe(0);
  });
});

describe('what a day teaches', () => {
  test('is at most a quarter more, once a week is known', () => {
    for (let series = 0; series < SERIES_COUNT; series++) {
      const week: Tail = { days: 7, greatest: 1_000_000, scale: 0.3 };
      expect(bounded(week, series, 1e12)).toBeLessThan(1_260_000 + 5e6);
      expect(bounded(week, series, 900_000)).toBe(900_000);
    }
    expect(bounded({ days: 7, greatest: 100, scale: 0.3 }, SERIES, 10_000)).toBe(120 * 1.25 - 20);
    expect(bounded({ days: 3, greatest: 100, scale: 0.3 }, SERIES, 10_000)).toBe(10_000);
  });

  test('is forgotten after sixty days', () => {
    const state = known([5_000, ...Array(58).fill(50)]);
    learnGreatest(state, SERIES, DAY_ONE + 60, 50);
    expect(tailOf(state, undefined, SERIES).greatest).toBe(5_000);
    learnGreatest(state, SERIES, DAY_ONE + 61, 50);
    expect(tailOf(state, undefined, SERIES).greatest).toBe(50);
  });

  test('of its peers counts until the principal has two weeks of its own', () => {
    const peers = known(Array(30).fill(900));
    const young = known([10, 12, 11]);
    expect(tailOf(young, peers, SERIES)).toMatchObject({ greatest: 900, days: 33 });
    const grown = known(Array(14).fill(12));
    expect(tailOf(grown, peers, SERIES)).toMatchObject({ greatest: 12, days: 14 });
  });
});
