import { afterEach, expect, test } from 'vitest';
import type { CallError } from '../../src/errors.ts';
import { authensor } from '../../src/revokers/authensor.ts';
import { startFakeAuthensor } from '../servers/fake-authensor.ts';
import { describeWith } from '../servers/require-server.ts';
import { secretOf } from './secret-of.ts';
import { CONTEXT } from './vault-responder.ts';

async function failure(attempt: Promise<unknown>): Promise<CallError> {
  const error = await attempt.then(
    () => new Error('did not fail'),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'CallError' });
  expect((error as Error).message).not.toContain('canary');
  return error as CallError;
}

describeWith("Authensor's control plane (a fake)", startFakeAuthensor, (fake) => {
  afterEach(() => {
    fake().answer(undefined);
    fake().limit(120);
  });

  const stepFor = async (principal: string, token = fake().newKey('admin').token) =>
    authensor.prepare({ url: fake().url, key: await secretOf(token) }, { with: 'authensor', principal });

  test('every key of a principal is refused afterwards; keys of others and of nobody go on', async () => {
    const own = Array.from({ length: 40 }, () => fake().newKey('ingest', 'agent-1'));
    const others = [fake().newKey('ingest', 'agent-10'), fake().newKey('executor'), fake().newKey('admin', 'Agent-1')];
    const step = await stepFor('agent-1');
    expect(await step.verify(CONTEXT)).toEqual({
      dead: false,
      proof: 'usable keys of the 40 that Authensor lists for it: 40',
    });
    expect(await fake().use(own[0]?.token ?? '')).toBe(200);

    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual({
      dead: true,
      proof: 'usable keys of the 40 that Authensor lists for it: 0',
    });
    const ends = await Promise.all(own.map(({ token }) => fake().use(token)));
    expect(new Set(ends)).toEqual(new Set([401]));
    for (const { token } of others) expect(await fake().use(token)).toBe(200);
    await step.revoke(CONTEXT);
    expect(step.restore).toBeUndefined();
  });

  test('a key that somebody else revokes at the same time is no error', async () => {
    const [key, second] = [fake().newKey('ingest', 'agent-2'), fake().newKey('ingest', 'agent-2')];
    const step = await stepFor('agent-2');
    fake().afterNextList(() => fake().revoke(key.id));
    await step.revoke(CONTEXT);
    expect(await fake().use(second.token)).toBe(401);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true });
  });

  test("a 404 that is not Authensor's own is no sign of a revoked key", async () => {
    fake().newKey('ingest', 'agent-8');
    const step = await stepFor('agent-8');
    fake().afterNextList(() => fake().answer(404, '404 Not Found'));
    const error = await failure(step.revoke(CONTEXT));
    expect(error.message).toBe('Authensor answered 404 without an error of its own; check revokers.authensor.url');
  });

  test('more keys than the limit of requests lets through: the next try goes on where this one ended', async () => {
    for (let index = 0; index < 30; index++) fake().newKey('ingest', 'agent-3');
    const step = await stepFor('agent-3');
    fake().limit(20);
    expect(await failure(step.revoke(CONTEXT))).toMatchObject({
      retryable: true,
      message: 'Authensor answered 429 RATE_LIMITED',
    });
    fake().limit(20);
    expect(await step.verify(CONTEXT)).toEqual({
      dead: false,
      proof: 'usable keys of the 30 that Authensor lists for it: 11',
    });
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true });
  });

  test('a principal that no key was ever bound to is a mistake, not a proof', async () => {
    fake().newKey('ingest', 'agent-4');
    const step = await stepFor('agent-44');
    for (const call of [step.revoke, step.verify]) {
      expect(await failure(call(CONTEXT))).toMatchObject({
        retryable: false,
        message: 'Authensor has bound no key to the principal agent-44: check the registry',
      });
    }
  });

  test('a key of our own that is unknown, revoked or no admin fails at once, and says what to do', async () => {
    fake().newKey('ingest', 'agent-5');
    const revoked = fake().newKey('admin');
    fake().revoke(revoked.id);
    const attempts = [
      ['authensor_canary', 'Authensor answered 401 UNAUTHORIZED; check revokers.authensor.key'],
      [revoked.token, 'Authensor answered 401 UNAUTHORIZED; check revokers.authensor.key'],
      [
        fake().newKey('executor').token,
        'Authensor answered 403 FORBIDDEN; revokers.authensor.key needs the role admin',
      ],
    ] as const;
    for (const [token, message] of attempts) {
      const step = await stepFor('agent-5', token);
      for (const call of [step.revoke, step.verify]) {
        expect(await failure(call(CONTEXT))).toMatchObject({ retryable: false, message });
      }
    }
  });

  test.each([
    [200, '', false],
    [200, '[{"id":"x"}]', false],
    [200, '[{"id":"x","revokedAt":null}]', false], // versions before the binding of principals
    [200, '{}', false],
    [200, '[]', false],
    [302, '', false],
    [404, '404 Not Found', false],
    [404, '{"error":{"code":"NOT_FOUND","message":"x"}}', false],
    [429, '{"error":{"code":"RATE_LIMITED","message":"x"}}', true],
    [503, '{"error":{"code":"BOOTSTRAP_REQUIRED","message":"canary"}}', true],
  ])('an answer of %i %s is never taken for dead keys', async (status, body, retryable) => {
    fake().newKey('ingest', 'agent-6');
    const step = await stepFor('agent-6');
    fake().answer(status, body);
    for (const call of [step.revoke, step.verify]) expect(await failure(call(CONTEXT))).toMatchObject({ retryable });
  });

  test('a list that is cut off is not taken for a whole one', async () => {
    const step = await stepFor('agent-7');
    const key = { id: 'x'.repeat(1000), principalId: 'agent-7', revokedAt: '2026-09-01T00:00:00Z' };
    fake().answer(200, JSON.stringify(Array(5000).fill(key)));
    expect((await failure(step.verify(CONTEXT))).message).toContain('is too long');
  });
});

test.each([{}, { principal: '' }, { principal: ' ' }, { principal: 7 }, { principal: 'a', key: 'b' }])(
  'a revoke entry that is none is refused: %j',
  (spec) => {
    expect(authensor.specSchema.safeParse({ with: 'authensor', ...spec }).success).toBe(false);
  },
);
