import { expect, test } from 'vitest';
import { MUTATORS } from './mutators.ts';
import { readMutants } from './read-mutants.ts';
import { formatsWithoutSamples } from './samples.ts';

/** `npm run bench -- mutants --records 1000000` reads as many as it is told. */
const MUTANTS = 10_000;

test('there are many ways to damage a record, and records of every format', () => {
  expect(Object.keys(MUTATORS).length).toBeGreaterThanOrEqual(12);
  // Where nothing could be recorded, a log is written as the vendor documents it.
  expect(formatsWithoutSamples()).toEqual([]);
});

test.each(['1', String(Date.now())])(
  'every mutant is an event, ignored or a dead letter, and no planted secret comes out: seed %s',
  async (seed) => {
    const { problems, ...counts } = await readMutants(seed, MUTANTS);
    expect(problems).toEqual([]);
    expect(counts.mutants).toBe(MUTANTS);
    expect(counts.events + counts.ignored + counts.deadLetters).toBe(counts.read);
    for (const count of [counts.events, counts.ignored, counts.deadLetters, counts.alerts, counts.planted])
      expect(count).toBeGreaterThan(100);
  },
);
