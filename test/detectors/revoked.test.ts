import { expect, test } from 'vitest';
import type { Context, Result } from '../../src/detectors/detector.ts';
import { revoked } from '../../src/detectors/kinds/revoked.ts';
import { credentialOf, NOW } from '../response/response-of.ts';

const HOUR = 3_600_000;

function foundIn(use: object, attribution: object = {}, parameters: object = {}): Result[] {
  const found: Result[] = [];
  const at = {
    attribution: { credential: credentialOf({ revokedAt: NOW }), ...attribution },
    use: { time: NOW + HOUR, result: 'success', dataset: 'nginx.access', ...use },
  };
  revoked.check(parameters, 'used-after-revocation')({ at } as unknown as Context, (result) => found.push(result));
  return found;
}

test('says how long after, and names the revocation, so that another one is news again', () => {
  expect(foundIn({})).toEqual([
    {
      subject: `cred-billing-pg, revoked at ${new Date(NOW).toISOString()}`,
      reason:
        'billing-agent-1 used cred-billing-pg 1 hour after Wayward had revoked it, and nginx.access shows that it still worked',
      observed: new Date(NOW + HOUR).toISOString(),
      expected: `no use that succeeds since ${new Date(NOW).toISOString()}`,
    },
  ]);
});

test.each([
  ['a refused use', { result: 'denied' }, {}],
  ['a use that failed', { result: 'error' }, {}],
  ['the end of a WebSocket, which is when it is logged', { status: 101 }, {}],
  ['a name that several credentials share', {}, { ambiguous: ['cred-billing-pg', 'cred-other'] }],
  ['a credential that was never revoked', {}, { credential: credentialOf() }],
  ['a record that names no credential', {}, { credential: undefined }],
])('is quiet about %s', (_what, use, attribution) => {
  expect(foundIn(use, attribution)).toEqual([]);
});

test('within: is what a busy issuer needs', () => {
  expect(foundIn({}, {}, { within: '2h' })).toEqual([]);
  expect(() => foundIn({}, {}, { within: 'soon' })).toThrow('is not a duration');
});

test('an ordinary use of a credential that Wayward cannot revoke costs nothing', () => {
  expect(revoked.concerns?.(credentialOf({ revoke: undefined }))).toBe(false);
  expect(revoked.concerns?.(credentialOf())).toBe(true);
});
