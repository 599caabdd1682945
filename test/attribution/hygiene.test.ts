import { expect, test } from 'vitest';
import { hygieneOf } from '../../src/attribution/hygiene.ts';
import type { Context, Result } from '../../src/detectors/detector.ts';
import { rotationOverdue } from '../../src/detectors/kinds/rotation-overdue.ts';
import { credentialOf, NOW } from '../response/response-of.ts';

const DAY = 86_400_000;
const old = credentialOf({ issuedAt: NOW - 120 * DAY, rotateEvery: 90 * DAY });

test('a rotation that Wayward made counts from its time on, and not before', () => {
  const rotated = { ...old, rotatedAt: NOW - 10 * DAY };
  expect(hygieneOf(rotated, NOW)).toMatchObject({ ageDays: 10, rotationOverdue: false, rotationDueAt: NOW + 80 * DAY });
  expect(hygieneOf(rotated, NOW - 11 * DAY)).toMatchObject({ ageDays: 109, rotationOverdue: true });
});

test('a file that was brought up to date since wins', () => {
  const renewed = { ...old, issuedAt: NOW - 5 * DAY, rotatedAt: NOW - 10 * DAY };
  expect(hygieneOf(renewed, NOW)).toMatchObject({ ageDays: 5, rotationDueAt: NOW + 85 * DAY });
});

test('without issued_at the rotation is where counting begins', () => {
  const { issuedAt: _, ...unknown } = old;
  const rotated = { ...unknown, issuedAt: undefined, rotatedAt: NOW };
  expect(hygieneOf(rotated, NOW + 91 * DAY)).toMatchObject({ rotationOverdue: true });
  expect(rotationOverdue.concerns?.(rotated)).toBe(true);
});

test.each([
  ['before the rotation', NOW - 1, 1],
  ['after it', NOW + 1, 0],
  ['when it is due again', NOW + 91 * DAY, 1],
])('rotation-overdue judges a use at its own time: %s', (_when, time, findings) => {
  const found: Result[] = [];
  const check = rotationOverdue.check({}, 'rotation-overdue');
  const use = { attribution: { credential: { ...old, rotatedAt: NOW } }, use: { time } };
  check({ at: use } as unknown as Context, (result) => found.push(result));
  expect(found).toHaveLength(findings);
});
