import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SERIES, SERIES_COUNT } from '../../src/baselines/series.ts';
import { AT, BUCKETS, get, openState } from '../../src/baselines/state.ts';
import { add, sumAt } from '../../src/baselines/windows.ts';

const START = Date.UTC(2026, 0, 5);

/** Uses as agents make them: often at once, sometimes after days. */
const steps = fc.array(
  fc.tuple(
    fc.oneof(fc.constant(0), fc.nat(2_000), fc.nat(600_000), fc.nat(10 * 86_400_000)),
    fc.oneof(fc.constant(1), fc.nat(1e9)),
  ),
  { maxLength: 200 },
);

describe('a sliding window', () => {
  test('is exactly the sum of what came in its last eight parts, whatever came when', () => {
    fc.assert(
      fc.property(fc.nat(SERIES_COUNT - 1), steps, (series, uses) => {
        const state = openState();
        const width = (SERIES[series]?.window ?? 0) / BUCKETS;
        const all: [part: number, amount: number][] = [];
        let time = START;
        for (const [pause, amount] of uses) {
          time += pause;
          const part = Math.floor(time / width);
          all.push([part, amount]);
          const expected = all.reduce((sum, [at, value]) => (at > part - BUCKETS ? sum + value : sum), 0);
          expect(add(state, series, time, amount)).toBe(expected);
          expect(sumAt(state, series, time)).toBe(expected);
        }
      }),
    );
  });

  test('is empty when its time has passed', () => {
    const state = openState();
    for (let series = 0; series < SERIES_COUNT; series++) {
      const { window = 0 } = SERIES[series] ?? {};
      add(state, series, START, 7);
      expect(sumAt(state, series, START + (window * 7) / 8 - 1)).toBe(7);
      expect(sumAt(state, series, START + window + window / 8)).toBe(0);
    }
  });

  test('touches no other', () => {
    const state = openState();
    add(state, 3, START, 5);
    for (let series = 0; series < SERIES_COUNT; series++) {
      expect(get(state.f64, AT.sum + series)).toBe(series === 3 ? 5 : 0);
    }
  });
});
