import { describe, expect, test } from 'vitest';
import type { Credential } from '../../src/attribution/credential.ts';
import { inventoryDocument } from '../../src/documents/inventory.ts';
import { agent, DAY, HOUR, MINUTE, MONDAY } from '../baselines/watched.ts';
import { type Fields, fieldsOf, Observed } from './observed.ts';

const SCOPES = ['GET /v1/orders/*', 'POST /v1/orders', 'DELETE *'];

/** The last document of a credential. */
const lastOf = (watched: Observed, id: string): Fields | undefined =>
  watched
    .documents('credential')
    .map(({ wayward }) => wayward?.['credential'])
    .filter((credential) => credential?.['id'] === id)
    .at(-1);

const told = (watched: Observed): string[] =>
  watched.of('credential').map(({ credential, because, at }) => `${credential.id} ${because} ${(at - MONDAY) / DAY}`);

test('is told of every credential at the start and at the end of each day, and of one that is used for the first time', () => {
  const watched = new Observed([agent('a'), agent('b')]);
  watched.use(MONDAY + 6 * HOUR);
  expect(told(watched)).toEqual(['a start 0.25', 'b start 0.25', 'a first-use 0.25']);
  watched.use(MONDAY + 12 * HOUR, {}, 'stranger');
  watched.use(MONDAY + 18 * HOUR);
  watched.use(MONDAY + 30 * HOUR);
  expect(
    watched
      .of('credential')
      .slice(3)
      .map(({ because, at }) => [because, at]),
  ).toEqual([
    ['day', MONDAY + DAY - 1],
    ['day', MONDAY + DAY - 1],
  ]);
  const ids = watched.documents('credential').map(({ event }) => event?.['id']);
  expect(new Set(ids).size).toBe(ids.length);
});

test('says what the registry and the uses say', () => {
  const watched = new Observed([
    agent('a', {
      owner: 'team@example.com',
      issuedAt: MONDAY - 10 * DAY,
      expiresAt: MONDAY + 20 * DAY,
      rotateEvery: 90 * DAY,
      scopes: SCOPES,
      revoke: { with: 'vault', accessor: 'x' },
    }),
  ]);
  watched.use(MONDAY + 9 * HOUR);
  watched.use(MONDAY + DAY);
  expect(watched.documents('credential').at(-1)).toMatchObject({
    '@timestamp': '2026-01-05T23:59:59.999Z',
    event: { kind: 'state', category: ['iam'], type: ['info'], action: 'day-over' },
    gen_ai: { agent: { id: 'a', name: 'a' } },
    wayward: {
      principal: 'a/api',
      slot: 'api',
      peer_group: 'a',
      credential: {
        id: 'a',
        kind: 'api-key',
        owner: 'team@example.com',
        issued_at: '2025-12-26T00:00:00.000Z',
        expires_at: '2026-01-25T00:00:00.000Z',
        rotation_due_at: '2026-03-26T00:00:00.000Z',
        rotation_overdue: false,
        expired: false,
        protected: false,
        revocable: true,
        scopes: SCOPES,
        scopes_unused: ['POST /v1/orders', 'DELETE *'],
        shared: false,
        last_used_at: '2026-01-05T09:00:00.000Z',
        age_days: 10,
      },
    },
  });
});

describe('a credential', () => {
  test('that was never used is there: granted, nothing used', () => {
    const watched = new Observed([agent('a'), agent('idle', { scopes: SCOPES })]);
    watched.use(MONDAY);
    watched.use(MONDAY + DAY);
    const idle = lastOf(watched, 'idle');
    expect(idle).toMatchObject({ scopes_unused: SCOPES, shared: false });
    expect(idle).not.toHaveProperty('last_used_at');
  });

  test('without declared scopes has no unused ones', () => {
    const watched = new Observed();
    watched.use(MONDAY);
    expect(lastOf(watched, 'a')).not.toHaveProperty('scopes_unused');
  });

  test('is overdue and expired from the moment on that it is, by the time of the stream', () => {
    const watched = new Observed([
      agent('a', { issuedAt: MONDAY - 28 * DAY, rotateEvery: 30 * DAY, expiresAt: MONDAY + 4 * DAY }),
    ]);
    for (let day = 0; day < 7; day++) watched.use(MONDAY + day * DAY);
    const days = watched.documents('credential').filter(({ event }) => event?.['action'] === 'day-over');
    const states = days.map(({ wayward }) => wayward?.['credential']);
    expect(states.map((state) => state?.['rotation_overdue'])).toEqual([false, false, true, true, true, true]);
    expect(states.map((state) => state?.['expired'])).toEqual([false, false, false, false, true, true]);
  });

  test('is shared on the days on which two networks use it in the same minutes', () => {
    const watched = new Observed();
    const together = (from: number, minutes: number): void => {
      for (let at = 0; at < minutes; at++) {
        watched.use(from + at * MINUTE, { sourceIp: '10.4.1.7' });
        watched.use(from + at * MINUTE + 1, { sourceIp: '203.0.113.9' });
      }
    };
    together(MONDAY + 9 * HOUR, 4);
    together(MONDAY + DAY + 9 * HOUR, 5);
    for (let at = 0; at < 60; at++)
      watched.use(MONDAY + 2 * DAY + at * MINUTE, { sourceIp: at % 2 === 0 ? '10.4.1.7' : '203.0.113.9' });
    watched.use(MONDAY + 3 * DAY);
    const days = watched.of('credential').filter(({ because }) => because === 'day');
    expect(days.map(({ shared }) => shared)).toEqual([false, true, false]);
  });

  test('has not used a scope that it was denied', () => {
    const watched = new Observed([agent('a', { scopes: SCOPES })]);
    watched.use(MONDAY, { action: 'DELETE /v1/orders/{id}', result: 'denied' });
    watched.use(MONDAY + 1, { action: 'DELETE /v1/orders/{id}', result: 'rejected' });
    expect(lastOf(watched, 'a')?.['scopes_unused']).toEqual(SCOPES);
    watched.use(MONDAY + 2, { action: 'DELETE /v1/orders/{id}' });
    watched.use(MONDAY + DAY);
    expect(lastOf(watched, 'a')?.['scopes_unused']).toEqual(['GET /v1/orders/*', 'POST /v1/orders']);
  });
});

test('goes on after a restart, with the registry as it is then', () => {
  const first = new Observed([agent('a', { scopes: SCOPES }), agent('gone')]);
  first.use(MONDAY + 9 * HOUR);
  first.use(MONDAY + 9 * HOUR, {}, 'gone');
  const then = new Observed([
    agent('a', { scopes: ['POST /v1/orders', 'GET /v1/orders/*', 'GET /v1/new'] }),
    agent('new'),
  ]);
  then.core.load(structuredClone(first.core.save()));
  then.use(MONDAY + 10 * HOUR);
  expect(told(then)).toEqual([]);
  then.use(MONDAY + DAY);
  expect(told(then).length).toBe(2);
  expect(lastOf(then, 'a')).toMatchObject({
    scopes_unused: ['POST /v1/orders', 'GET /v1/new'],
    last_used_at: '2026-01-05T10:00:00.000Z',
  });
  expect(then.core.save().usage.credentials.map(({ id }) => id)).toEqual(['a']);
});

test('needs a time: a stream that has not begun has no days', () => {
  const watched = new Observed();
  watched.core.reach(Number.NEGATIVE_INFINITY);
  watched.core.reach(Number.NaN);
  expect(told(watched)).toEqual([]);
  watched.core.reach(MONDAY);
  expect(told(watched)).toEqual(['a start 0']);
});

test('makes up for the days of a silence, but for a month of them at most', () => {
  const watched = new Observed();
  watched.use(MONDAY);
  watched.core.reach(MONDAY + 3 * DAY);
  expect(told(watched).slice(2)).toHaveLength(3);
  watched.core.reach(MONDAY + 3 * DAY);
  watched.core.reach(MONDAY);
  expect(told(watched)).toHaveLength(5);
  watched.use(MONDAY + 400 * DAY);
  expect(told(watched)).toHaveLength(5 + 31);
});

test('is harmless whatever the registry calls things', () => {
  const evil: Partial<Credential> = {
    id: '__proto__',
    agent: `${'agent'.repeat(3_000)}`,
    owner: 'a\u0000b\u001b]0;\u0007',
    slot: 'constructor',
    scopes: ['x'.repeat(10_240), '\ud800'],
    issuedAt: MONDAY,
    rotateEvery: Number.MAX_SAFE_INTEGER,
    expiresAt: 8.64e15,
  };
  const state = { kind: 'credential', because: 'day', at: MONDAY, lastUse: undefined, shared: false } as const;
  const credential = { ...agent('a'), ...evil };
  const document = fieldsOf(inventoryDocument({ ...state, credential, scopesUnused: credential.scopes }));
  expect(document['wayward']?.['credential']).toMatchObject({ id: '__proto__', owner: 'a b ]0; ' });
  expect(document['wayward']?.['credential']).not.toHaveProperty('rotation_due_at');
  expect(document['wayward']?.['credential']).not.toHaveProperty('expires_at');
  const other = inventoryDocument({ ...state, credential: { ...credential, id: 'b' }, scopesUnused: [] });
  expect(other.id).not.toBe(document['event']?.['id']);
});
