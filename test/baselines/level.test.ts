import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { add, cappedAt, leftAfter, levelAt, resetLevels } from '../../src/baselines/level.ts';
import { at, SERIES, SERIES_COUNT } from '../../src/baselines/series.ts';
import { AT, get, openState } from '../../src/baselines/state.ts';

const START = Date.UTC(2026, 0, 5);

/** Uses as agents make them: often at once, sometimes after days. */
const steps = fc.array(
  fc.tuple(
    fc.oneof(fc.constant(0), fc.nat(2_000), fc.nat(600_000), fc.nat(10 * 86_400_000)),
    fc.oneof(fc.constant(1), fc.nat(1e9)),
  ),
  { minLength: 1, maxLength: 100 },
);

describe('a value that fades', () => {
  test('fades by the exponential function, for short times as for long ones', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 40, noNaN: true }), (times) => {
        expect(Math.abs(leftAfter(times * 600_000, 600_000) / Math.exp(-times) - 1)).toBeLessThan(1e-11);
      }),
    );
  });

  test('is the sum of what came, each weighed by its age, whatever came when', () => {
    fc.assert(
      fc.property(fc.nat(SERIES_COUNT - 1), steps, (series, uses) => {
        const state = openState();
        const { fades = 1 } = SERIES[series] ?? {};
        const all: [time: number, amount: number][] = [];
        let time = START;
        for (const [pause, amount] of uses) {
          time += pause;
          all.push([time, amount]);
          const expected = all.reduce((sum, [when, value]) => sum + value * Math.exp((when - time) / fades), 0);
          const value = add(state, series, time, amount);
          expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, expected));
          expect(levelAt(state, series, time)).toBe(value);
        }
      }),
    );
  });

  test('touches no other, and never falls below nothing', () => {
    const state = openState();
    add(state, 3, START, 5);
    for (let series = 0; series < SERIES_COUNT; series++)
      expect(get(state.f64, AT.level + series)).toBe(series === 3 ? 5 : 0);
    expect(add(state, at('sequence'), START, -4)).toBe(0);
  });
});

test('once an incident is over, counts are back at their records, and evidence in bits at nothing', () => {
  const state = openState();
  const [requests, sequence] = [at('requests'), at('sequence')];
  state.f32[AT.record + requests] = 40;
  state.f32[AT.record + sequence] = 9;
  add(state, requests, START, 3_000);
  add(state, sequence, START, 50);
  resetLevels(state, START, at('denied'));
  expect(levelAt(state, requests, START)).toBe(40);
  expect(levelAt(state, sequence, START)).toBe(0);
});

test('what is seen while something is flagged raises a record by a quarter at most', () => {
  expect(cappedAt(100, 5_000)).toBe(126);
  expect(cappedAt(100, 90)).toBe(90);
});
