import { describe, expect, test } from 'vitest';
import { createRegistry } from '../../src/attribution/registry.ts';
import type { Detector } from '../../src/detectors/detector.ts';
import { match } from '../../src/detectors/kinds/match.ts';
import { Core } from '../../src/pipeline/core.ts';
import { PROOF } from '../../src/proof.ts';
import { agent, type Fields, HOUR, MINUTE, MONDAY, Watched } from '../baselines/watched.ts';

const NOON = MONDAY + 12 * HOUR;

const rule = (parameters: object, repeatAfter = MINUTE): Detector => ({
  id: 'own-rule',
  title: 'Own rule',
  description: '',
  kind: match,
  check: match.check(parameters, 'own-rule'),
  severity: 'high',
  threat: [],
  exceptions: [],
  repeatAfter,
});

const watch = (parameters: object) => new Watched([agent('a'), agent('b')], [rule(parameters)]);

const isFound = (parameters: object, fields: Fields): boolean => {
  const watched = watch(parameters);
  watched.use(NOON, fields);
  return watched.alerts.length > 0;
};

describe('one use', () => {
  test.each<[string, object, Fields, Fields]>([
    [
      'an action, by a glob as in scopes',
      { action: 'GET /v1/export/**' },
      { action: 'GET /v1/export/all/csv' },
      { action: 'GET /v1/exported' },
    ],
    [
      'one of several actions',
      { action: ['DROP *', 'TRUNCATE *'] },
      { action: 'TRUNCATE public.orders' },
      { action: 'SELECT public.orders' },
    ],
    [
      'one table of a join',
      { action: 'SELECT public.secrets' },
      { action: 'SELECT public.orders, public.secrets' },
      { action: 'SELECT public.orders, public.items' },
    ],
    [
      'an action in any case, whatever stands between',
      { action_like: '*:DELETE*trail' },
      { action: 'cloudtrail:DeleteTheTrail' },
      { action: 'cloudtrail:DeleteTrails' },
    ],
    ['a path as it was', { path: '*/.GIT/*' }, { path: '/app/.git/config' }, { path: '/app/git/config' }],
    ['a method', { method: ['put', 'patch'] }, { method: 'PUT' }, { method: 'GET' }],
    ['words of a statement', { statement: '*union select*' }, { statement: 'SELECT a UNION SELECT b' }, {}],
    [
      'one of several conditions',
      { any: [{ client: 'curl*' }, { path: '/a', status: 200 }] },
      { path: '/a', status: 200 },
      { path: '/a', status: 404 },
    ],
    [
      'each of several',
      { all: [{ path: '*a*' }, { path: '*b*' }, { not: { any: [{ path: '*c*' }] } }] },
      { path: '/xbya' },
      { path: '/abc' },
    ],
    ['a class', { class: 'privilege' }, { action: 'GRANT public.orders' }, { action: 'SELECT public.orders' }],
    [
      'words in an action',
      { names: ['payment card*'] },
      { action: 'GET /v1/paymentCards/{id}' },
      { action: 'GET /v1/payments/{id}' },
    ],
    ['a result', { result: 'denied' }, { result: 'denied', status: 403 }, {}],
    ['an error, where it is asked for', { result: 'error', status: [500, 503] }, { result: 'error', status: 503 }, {}],
    ['no error, where it is not', { action: 'GET **' }, {}, { result: 'error', status: 503 }],
    ['a client, in any case', { client: 'curl*' }, { client: 'Curl/8.5' }, { client: 'agent/1.0 curl' }],
    ['a network', { networks: ['198.51.100.0/24'] }, { sourceIp: '198.51.100.7' }, { sourceIp: '10.4.1.7' }],
    ['outside a network', { not: { networks: ['10.0.0.0/8'] } }, { sourceIp: '198.51.100.7' }, {}],
    ['bytes', { bytes: 1_000_000 }, { bytes: 1_000_000 }, { bytes: 999_999 }],
    ['rows', { class: 'read', rows: 10 }, { rows: 11 }, { rows: 9 }],
    [
      'tokens of a model',
      { tokens: 1_000 },
      { spent: { inputTokens: 600, outputTokens: 400, cost: 0 } },
      { spent: { inputTokens: 600, outputTokens: 300, cost: 0 } },
    ],
    ['a form of reading', { shape: 'cursor' }, { shape: 'cursor' }, {}],
    ['a dataset', { dataset: 'test.*' }, {}, { dataset: 'vault.audit' }],
    ['a service', { service: 'billing' }, { service: 'billing' }, { service: 'orders' }],
    ['a proof', { proof: 'declared' }, { proof: PROOF.undeclared }, {}],
  ])('%s', (_what, parameters, fits, doesNot) => {
    expect(isFound(parameters, fits)).toBe(true);
    expect(isFound(parameters, doesNot)).toBe(false);
  });

  test('hours, as the registry writes them', () => {
    expect(isFound({ hours: 'Mon-Fri 11:00-13:00 UTC' }, {})).toBe(true);
    expect(isFound({ hours: 'Mon-Fri 13:00-14:00 UTC' }, {})).toBe(false);
  });

  test('a honeytoken, and no other credential', () => {
    const watched = new Watched([agent('a', { honeytoken: true }), agent('b')], [rule({ honeytoken: true })]);
    for (const who of ['a', 'b']) watched.use(NOON, {}, who);
    expect(watched.alerts.map(({ principal }) => principal)).toEqual(['a/api']);
  });

  test('what is excluded is left out only where all of it fits', () => {
    const parameters = { action: 'GET /v1/**', not: { client: 'agent/*', networks: ['10.0.0.0/8'] } };
    expect(isFound(parameters, {})).toBe(false);
    expect(isFound(parameters, { client: 'curl/8' })).toBe(true);
  });

  test('a claim that nobody proved is no use', () => {
    expect(isFound({ action: 'GET **' }, { result: 'rejected' })).toBe(false);
  });

  test('one alert says who, what and with which credential', () => {
    const watched = watch({ action: 'GET /v1/export/**' });
    for (let at = 0; at < 5; at++) watched.use(NOON + at, { action: 'GET /v1/export/all' });
    expect(watched.alerts).toMatchObject([
      {
        severity: 'high',
        findings: [{ detector: 'own-rule', reason: expect.stringContaining('a did GET /v1/export/all') }],
      },
    ]);
  });
});

describe('several uses within a time', () => {
  const many = { action: 'GET /v1/orders/*', count: { over: 3, within: '10m' } };

  test('more than so many are told, as many are not', () => {
    const watched = watch(many);
    for (let at = 0; at < 3; at++) watched.use(NOON + at * MINUTE);
    expect(watched.alerts).toEqual([]);
    watched.use(NOON + 4 * MINUTE);
    expect(watched.alerts).toMatchObject([{ principal: 'a/api', severity: 'high' }]);
  });

  test('as many within a longer time are not, nor those of several agents together', () => {
    const watched = watch(many);
    for (let at = 0; at < 9; at++) watched.use(NOON + at * 4 * MINUTE);
    for (let at = 0; at < 6; at++) watched.use(NOON + HOUR + at, {}, at % 2 === 0 ? 'a' : 'b');
    expect(watched.alerts).toEqual([]);
  });

  test('different values: the same one again and again is one', () => {
    const watched = watch({ count: { over: 3, within: '10m', distinct: 'path' } });
    for (let at = 0; at < 30; at++) watched.use(NOON + at, { path: `/v1/orders/${at % 3}` });
    expect(watched.alerts).toEqual([]);
    watched.use(NOON + 100, { path: '/v1/orders/3' });
    expect(watched.alerts).toHaveLength(1);
  });

  test('what strangers can write never completes what was proven', () => {
    const watched = watch(many);
    for (let at = 0; at < 3; at++) watched.use(NOON + at, { proof: PROOF.undeclared });
    for (let at = 0; at < 3; at++) watched.use(NOON + 10 + at);
    expect(watched.alerts).toEqual([]);
  });

  test('goes on over a restart as if there had been none', () => {
    const watched = watch(many);
    for (let at = 0; at < 3; at++) watched.use(NOON + at);
    const alerts: unknown[] = [];
    const other = new Core(createRegistry([agent('a'), agent('b')]), [rule(many)], (alert) => alerts.push(alert));
    other.load(JSON.parse(JSON.stringify(watched.core.save())));
    watched.goesOn(other);
    watched.use(NOON + MINUTE);
    expect(alerts).toMatchObject([{ principal: 'a/api' }]);
  });
});

describe('one that follows another', () => {
  const denied = { action: 'GET /v1/export/**', after: { use: { result: 'denied' }, within: '10m' } };
  const EXPORT = { action: 'GET /v1/export/all' };

  test('within the time it is told, later or before it is not', () => {
    const watched = watch(denied);
    watched.use(NOON, EXPORT);
    watched.use(NOON + 1, { result: 'denied' });
    watched.use(NOON + 11 * MINUTE, EXPORT);
    expect(watched.alerts).toEqual([]);
    watched.use(NOON + 12 * MINUTE, { result: 'denied' });
    watched.use(NOON + 13 * MINUTE, EXPORT);
    expect(watched.alerts).toMatchObject([{ findings: [{ reason: expect.stringContaining('within 10 minutes') }] }]);
  });

  test('of another agent it is not', () => {
    const watched = watch(denied);
    watched.use(NOON, { result: 'denied' }, 'b');
    watched.use(NOON + 1, EXPORT);
    expect(watched.alerts).toEqual([]);
  });
});

test('memory is bounded, however many principals there are and however much they do', () => {
  const names = Array.from({ length: 200 }, (_, at) => `n${at}`);
  const watched = new Watched(
    names.map((name) => agent(name)),
    [rule({ count: { over: 1_000, within: '1d' } })],
  );
  for (let at = 0; at < 60_000; at++) watched.use(NOON + at, {}, names[at % names.length]);
  const matches: readonly (readonly [string, readonly unknown[]])[] = watched.core.save().engine.matches ?? [];
  expect(matches.reduce((sum, [, of]) => sum + of.length, 0)).toBeLessThanOrEqual(50_000);
});
