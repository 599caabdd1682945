import { expect, test } from 'vitest';
import { type Deed, forgetDeeds, note } from '../../src/attribution/deed.ts';
import { revokedSince } from '../../src/attribution/hygiene.ts';
import { credentialOf, NOW } from '../response/response-of.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test('of each kind the latest counts, in whatever order and how often it is told; what is old is no news', () => {
  const credential = credentialOf();
  const told = (did: Deed['did'], at: number) => note({ credential: credential.id, did, at }, credential);
  expect([told('revoked', NOW), told('restored', NOW + 1), told('revoked', NOW - 1), told('revoked', NOW)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(credential).toMatchObject({ revokedAt: NOW, restoredAt: NOW + 1 });
  forgetDeeds(credential);
  expect(credential).toEqual(credentialOf());
});

test.each([
  ['never revoked', {}, HOUR, undefined],
  ['the allowance is not over', { revokedAt: NOW }, MINUTE, undefined],
  ['the allowance is over', { revokedAt: NOW }, MINUTE + 1, NOW],
  ['before its revocation', { revokedAt: NOW }, -HOUR, undefined],
  ['restored since', { revokedAt: NOW, restoredAt: NOW + HOUR }, 2 * HOUR, undefined],
  [
    'just before its restore: a clock that is behind',
    { revokedAt: NOW, restoredAt: NOW + HOUR },
    HOUR - MINUTE,
    undefined,
  ],
  ['long before its restore', { revokedAt: NOW, restoredAt: NOW + HOUR }, HOUR / 2, NOW],
  ['restored before', { revokedAt: NOW, restoredAt: NOW - 1 }, HOUR, NOW],
  ['rotated since', { revokedAt: NOW, rotatedAt: NOW + HOUR }, 2 * HOUR, undefined],
  ['rotated before', { revokedAt: NOW, rotatedAt: NOW - HOUR }, HOUR, NOW],
  ['issued anew since, says the registry', { revokedAt: NOW, issuedAt: NOW + HOUR }, 2 * HOUR, undefined],
  ['issued before, as it always is', { revokedAt: NOW, issuedAt: NOW - 90 * 24 * HOUR }, HOUR, NOW],
])('whether nobody should get in with it: %s', (_when, fields, after, since) => {
  expect(revokedSince(credentialOf(fields), NOW + after, MINUTE)).toBe(since);
});
