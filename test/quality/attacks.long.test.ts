import { beforeAll, describe, expect, test } from 'vitest';
import {
  bothWays,
  claimsAreNoAlert,
  isAtMostLow,
  isOneAlert,
  newSubject,
  type Subject,
  WORLDS,
  wakesNobody,
} from './worlds.ts';

/** Bursty agents, thirty days of history each: attacks that must be one alert, oddities that must not wake anybody. */

const SEEDS = { office: 20, 'always-on': 10, cron: 10 };

describe.each(WORLDS)('an agent at work: $kind, $format', (world) => {
  let subjects: Subject[];
  // Thirty days of twenty agents: longer than hooks may take elsewhere.
  beforeAll(() => {
    subjects = Array.from({ length: SEEDS[world.kind] }, (_, index) => newSubject(world, index + 1));
  }, 300_000);

  /** The seeds whose alerts are not as they should be, with those alerts. */
  const failures = (wrong: (subject: Subject) => readonly string[] | undefined) =>
    Object.fromEntries(
      subjects.flatMap((subject) => {
        const told = wrong(subject);
        return told === undefined ? [] : [[`seed ${subject.seed}`, told]];
      }),
    );

  test('31 ordinary days wake nobody', () => expect(failures(wakesNobody)).toEqual({}));

  test.each(world.attacks)('%s is exactly one alert of medium or higher, opened while it goes on', (attack) =>
    expect(failures((subject) => isOneAlert(subject, attack))).toEqual({}),
  );

  test('claims of a stranger who fails to log in are no alert against the agent', () =>
    expect(failures(claimsAreNoAlert)).toEqual({}));

  test('going on from what was saved gives what one run over the whole file gives', async () => {
    for (const attack of world.attacks) {
      const { resumed, scanned } = await bothWays(subjects[6] as Subject, attack);
      expect(resumed, attack).toEqual(scanned);
    }
  });

  if (world.kind !== 'office') return;
  test('one short burst at night is at most low', () => expect(failures(isAtMostLow)).toEqual({}));
});
