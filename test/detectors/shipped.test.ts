import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { classOf } from '../../src/action-class.ts';
import { loadDetectors } from '../../src/config/detector-files.ts';
import { kinds } from '../../src/detectors/registry.ts';
import { runTest } from '../../src/pipeline/test-lines.ts';

/** The detectors that come with Wayward, and the tests inside their files. */

const loaded = loadDetectors(join(import.meta.dirname, '..', '..', 'detectors'));

describe.each(loaded.map((entry) => [entry.detector.id, entry] as const))('%s', (_, { detector, tests }) => {
  test.each(tests.map((inline) => [inline.name, inline] as const))('%s', async (_name, inline) => {
    expect((await runTest(detector, inline)).problem).toBeUndefined();
  });

  test('shows what it finds and what it leaves alone', () => {
    expect(tests.some(({ expect }) => expect !== 'none')).toBe(true);
    expect(tests.some(({ expect }) => expect === 'none')).toBe(true);
  });

  test('a test that expects the opposite fails, and says what came instead', async () => {
    const found = tests.find(({ expect }) => expect !== 'none');
    const quiet = tests.find(({ expect }) => expect === 'none');
    if (found === undefined || quiet === undefined) throw new Error('too few tests');
    expect((await runTest(detector, { ...found, expect: 'none' })).problem).toMatch(
      /^expected none, got (low|medium|high|critical):\n {2}\S/,
    );
    expect((await runTest(detector, { ...quiet, expect: 'low' })).problem).toBe('expected low or more, got no finding');
  });
});

test('every kind of detector is used', () => {
  expect(new Set(loaded.map(({ detector }) => detector.kind.id))).toEqual(new Set(kinds.map(({ id }) => id)));
});

describe('what an action does to the world', () => {
  test.each([
    ['GET /v1/orders/{id}', 'read'],
    ['SELECT public.customers', 'read'],
    ['secret/data/billing:read', 'read'],
    ['secret/metadata/billing:list', 'read'],
    ['POST /v1/orders', 'write'],
    ['UPDATE public.orders', 'write'],
    ['COPY FROM public.orders', 'write'],
    ['secret/data/billing:update', 'write'],
    ['DELETE /v1/orders/{id}', 'delete'],
    ['secret/data/billing:delete', 'delete'],
    ['COPY public.customers', 'export'],
    ['DROP TABLE public.customers', 'destroy'],
    ['TRUNCATE public.customers', 'destroy'],
    ['GRANT', 'privilege'],
    ['ALTER ROLE', 'privilege'],
    ['DROP ROLE', 'privilege'],
    ['CREATE POLICY', 'privilege'],
    ['auth/token/create:update', 'privilege'],
    ['POST /v1/accounts/{id}/purge', 'delete'],
    ['GET /v1/subscriptions/{id}/cancel', 'read'],
    ['s3:GetObject', 'read'],
    ['s3:DeleteObject', 'delete'],
    ['iam:AttachRolePolicy', 'privilege'],
    ['kms:Decrypt', 'write'],
    ['CREATE EXTENSION dblink', 'privilege'],
    ['constructor', 'write'],
    ['__proto__ x', 'write'],
    ['', 'write'],
  ])('%s: %s', (action, effect) => {
    expect(classOf(action)).toBe(effect);
  });
});
