import { expect, test } from 'vitest';
import { checkRecords } from './mutations/check-records.ts';
import { ENCODINGS } from './mutations/encodings.ts';
import { PLACEMENTS, SQL_PLACEMENTS } from './mutations/placements.ts';

/** Enough that every encoding meets every place; `npm run bench -- secrets` reads as many as it is told. */
const RECORDS = 6_000;

test('there are many ways to write a secret into a log', () => {
  expect(Object.keys(ENCODINGS).length).toBeGreaterThanOrEqual(12);
  expect(Object.keys({ ...PLACEMENTS, ...SQL_PLACEMENTS }).length).toBeGreaterThanOrEqual(12);
});

test.each(['1', '2', String(Date.now())])(
  'of records with planted secrets none is lost and none comes out: seed %s',
  (seed) => {
    const { read, events, ignored, deadLetters, withLeaks, problems } = checkRecords(seed, RECORDS);
    expect(problems).toEqual([]);
    expect(read).toBe(RECORDS);
    expect(events + ignored + deadLetters).toBe(read);
    expect(withLeaks).toBeGreaterThan(events * 0.9);
  },
);
