import { expect, test } from 'vitest';
import { LONG_FORMS } from './registry.ts';
import { sample } from './sample.ts';

const MINUTES = 3;
const names = (seed: string, minutes = MINUTES) =>
  sample(LONG_FORMS, seed, minutes * 60).map(({ form, piece }) => `${form}: ${piece.name}`);
const secondsOf = (seed: string) =>
  sample(LONG_FORMS, seed, MINUTES * 60).reduce((sum, { piece }) => sum + piece.seconds, 0);
const commits = Array.from({ length: 1_000 }, (_, at) => `commit ${at}`);

test('the same seed gives the same pieces, another one others', () => {
  expect(names('a')).toEqual(names('a'));
  expect(names('a')).not.toEqual(names('b'));
});

test('a sample is of no more than it has time for, uses it, and holds no piece twice', () => {
  for (const seed of commits.slice(0, 100)) {
    expect(secondsOf(seed)).toBeLessThanOrEqual(MINUTES * 60);
    expect(secondsOf(seed)).toBeGreaterThan(MINUTES * 60 - 10);
    expect(new Set(names(seed)).size).toBe(names(seed).length);
  }
});

test('over many commits every piece has its turn, but for those that take longer than a whole sample', () => {
  const turns = new Set(commits.flatMap((seed) => names(seed)));
  const all = Object.entries(LONG_FORMS).flatMap(([form, { pieces }]) =>
    pieces.map(({ name, seconds }) => ({ name: `${form}: ${name}`, fits: seconds <= MINUTES * 60 })),
  );
  const never = all.filter(({ name }) => !turns.has(name)).map(({ name }) => name);
  expect(never).toEqual(all.filter(({ fits }) => !fits).map(({ name }) => name));
  // Partitions that come late have a short form of their own among the tests with servers.
  expect(never.filter((name) => !name.startsWith('late: '))).toEqual(['chaos: million', 'outage: minute']);
});

test('names are unique: a piece can be asked for', () => {
  for (const { pieces } of Object.values(LONG_FORMS))
    expect(new Set(pieces.map(({ name }) => name)).size).toBe(pieces.length);
});
