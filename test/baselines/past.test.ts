import fc from 'fast-check';
import { expect, test } from 'vitest';
import { medianOf, notePast, pastValues } from '../../src/baselines/past.ts';
import { DAYS, openState } from '../../src/baselines/state.ts';

const FIRST = 20_000;

test('the greatest values of the last active days are kept to a thousandth, the latest first', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 1, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 60 }), (values) => {
      const state = openState();
      for (const [day, value] of values.entries()) notePast(state, FIRST + day, (volume) => (volume === 2 ? value : 0));
      const kept = pastValues(state, 2);
      const expected = values.slice(-DAYS).toReversed();
      expect(kept).toHaveLength(expected.length);
      for (const [at, value] of expected.entries())
        expect(Math.abs((kept[at] ?? 0) - value)).toBeLessThanOrEqual(value / 1_000 + 0.001);
      expect(pastValues(state, 0)).toEqual([]);
    }),
  );
});

test('days can be asked for by their numbers', () => {
  const state = openState();
  for (let day = 0; day < 10; day++) notePast(state, FIRST + day, () => 2 ** day - 1);
  expect(pastValues(state, 0, FIRST + 2, FIRST + 4).map(Math.round)).toEqual([15, 7, 3]);
});

test('of an even number of values, the median is the greater of the middle ones', () => {
  expect([medianOf([]), medianOf([3]), medianOf([3, 1]), medianOf([5, 1, 3])]).toEqual([0, 3, 3, 3]);
});
