import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Detector } from '../../src/detectors/detector.ts';
import { type InlineTest, inlineTestSchema } from '../../src/detectors/inline-test.ts';
import { match } from '../../src/detectors/kinds/match.ts';
import { customFormat } from '../../src/formats/custom.ts';
import { customFormatSchema } from '../../src/formats/custom-spec.ts';
import type { Format } from '../../src/formats/format.ts';
import { runTest } from '../../src/pipeline/test-lines.ts';
import { shippedDetectors } from '../quality/measure.ts';

/** Tests inside detectors on lines as servers write them. */

const rule = (parameters: object): Detector => ({
  id: 'rule',
  title: 'Rule',
  description: '',
  kind: match,
  check: match.check(parameters, 'rule'),
  severity: 'high',
  threat: [],
  exceptions: [],
  repeatAfter: 60_000,
});

const problemOf = async (
  detector: Detector,
  written: object,
  own: readonly Format[] = [],
): Promise<string | undefined> =>
  (await runTest(detector, inlineTestSchema.parse({ name: 'a test', ...written }) as InlineTest, own)).problem;

const recorded = (name: string): string[] =>
  readFileSync(join(import.meta.dirname, '..', 'fixtures', 'logs', name), 'utf8')
    .trimEnd()
    .split('\n');

const NGINX = (uri: string, more: object = {}): string =>
  JSON.stringify({
    ...{ time: '2026-11-23T12:03:18+00:00', msec: '1795435398.624', request_id: uri, remote_addr: '203.0.113.9' },
    ...{ credential: 'key-7', method: 'GET', uri, args: '', status: 200, body_bytes_sent: 68, ...more },
  });

describe('lines of any format are what the detector judges', () => {
  test.each<[string, object, string, object]>([
    ['a gateway', { action: 'GET /v1/customers/*' }, 'nginx-access.jsonl', { identity: 'from-key-map' }],
    ['PostgreSQL', { action: 'CREATE DATABASE' }, 'pgaudit.stderr.log', {}],
    ['Vault', { action: 'database/creds/*:read' }, 'vault-audit.jsonl', {}],
    ['Kubernetes', { dataset: 'kubernetes.*' }, 'kube-audit.jsonl', {}],
  ])('%s', async (_, parameters, file, more) => {
    const lines = recorded(file).slice(0, 200);
    expect(await problemOf(rule(parameters), { lines, ...more, expect: 'high' })).toBeUndefined();
    expect(await problemOf(rule({ action: 'GET /nowhere' }), { lines, ...more, expect: 'none' })).toBeUndefined();
  });

  test('and one that wayward.yaml describes', async () => {
    const spec = { id: 'own', dataset: 'own.access', time: { field: 'at', unit: 'iso' }, action: 'did' };
    const own = customFormat(customFormatSchema.parse({ ...spec, identities: { credential_id: 'key' } }));
    const lines = ['{"at":"2026-11-23T12:00:00Z","did":"export all","key":"k"}'];
    const found = await problemOf(rule({ action: 'export **' }), { lines, format: 'own', expect: 'high' }, [own]);
    expect(found).toBeUndefined();
  });

  test('with a history before them: what the agent did every day is nothing new, what it never did is', async () => {
    const newAction = shippedDetectors().find(({ id }) => id === 'new-action') as Detector;
    const history = { days: 30, actions: ['GET /v1/orders/{id}', 'DELETE /v1/admin/users/{id}'] };
    const lines = [NGINX('/v1/admin/users/7', { method: 'DELETE' })];
    const more = { lines, identity: 'from-key-map' };
    expect(await problemOf(newAction, { ...more, history, expect: 'none' })).toBeUndefined();
    const before = { ...history, actions: ['GET /v1/orders/{id}'] };
    expect(await problemOf(newAction, { ...more, history: before, expect: 'medium' })).toBeUndefined();
  });

  test('beside events, in order of time', async () => {
    const after = { action: 'GET /v1/export/**', after: { use: { result: 'denied' }, within: '10m' } };
    const lines = [NGINX('/v1/export/all')];
    const denied = { action: 'GET /v1/admin', result: 'denied' };
    const more = { lines, identity: 'from-key-map', history: { days: 1 } };
    const at = (clock: string) => ({ ...more, events: [{ ...denied, at: clock }] });
    expect(await problemOf(rule(after), { ...at('12:00'), expect: 'high' })).toBeUndefined();
    expect(await problemOf(rule(after), { ...at('11:00'), expect: 'none' })).toBeUndefined();
    expect(await problemOf(rule(after), { ...at('12:10'), expect: 'none' })).toBeUndefined();
  });

  test('match: says whose they are; the others are of nobody that the registry knows', async () => {
    const unknown = shippedDetectors().find(({ id }) => id === 'unknown-credential') as Detector;
    const lines = [NGINX('/v1/orders/1')];
    const own = (key: string) => ({ lines, identity: 'from-key-map', credential: { match: { credential_id: key } } });
    expect(await problemOf(unknown, { ...own('key-7'), expect: 'none' })).toBeUndefined();
    expect(await problemOf(unknown, { ...own('key-8'), expect: 'medium' })).toBeUndefined();
  });

  test('what could not be read is what a detector of that may flag', async () => {
    const unreadable = shippedDetectors().find(({ id }) => id === 'unreadable') as Detector;
    const good = Array.from({ length: 50 }, (_, index) => NGINX(`/v1/orders/${index}`));
    const more = { identity: 'from-key-map', history: { days: 0 } };
    expect(await problemOf(unreadable, { ...more, lines: good, expect: 'none' })).toBeUndefined();
  });
});

describe('a test that fails says how its lines were read', () => {
  test('what each was taken for, of whom and how far that is proven', async () => {
    const lines = [NGINX('/v1/orders/1'), '{"broken', NGINX('/v1/orders/2', { status: 403 })];
    const problem = await problemOf(rule({ action: 'GET /v1/export/**' }), {
      lines,
      identity: 'from-key-map',
      expect: 'high',
    });
    expect(problem?.split('\n')).toEqual([
      'expected high or more, got no finding',
      '  line 1 (nginx-json): GET /v1/orders/{id}, success, of credential_id key-7, verified by key-map',
      '  line 2 (nginx-json): unusable: invalid-json',
      '  line 3 (nginx-json): GET /v1/orders/{id}, denied, of credential_id key-7, verified by key-map',
      '  could not be used: 1 (invalid-json)',
    ]);
  });

  test('that it was refused before anything was done', async () => {
    const lines = [NGINX('/v1/export/all', { status: 401 })];
    const problem = await problemOf(rule({ action: 'GET /v1/export/**' }), {
      lines,
      identity: 'from-key-map',
      expect: 'high',
    });
    expect(problem).toMatch(
      /line 1 \(nginx-json\): GET \/v1\/export\/all, rejected, of credential_id key-7, verified by key-map/,
    );
  });

  test('that they are of no format, or that there is no format of that name', async () => {
    const lines = ['nothing that a server writes'];
    expect(await problemOf(rule({ class: 'read' }), { lines, expect: 'high' })).toContain('could not be used');
    expect(await problemOf(rule({ class: 'read' }), { lines, format: 'nginx-jsn', expect: 'high' })).toBe(
      'format nginx-jsn is none; docs/reference.md lists them',
    );
  });

  test('of many, the first', async () => {
    const lines = Array.from({ length: 30 }, (_, index) => NGINX(`/v1/orders/${index}`));
    const problem = await problemOf(rule({ class: 'export' }), { lines, identity: 'from-key-map', expect: 'high' });
    expect(problem?.split('\n')).toHaveLength(10);
    expect(problem).toContain('and 22 more records');
  });

  test('a test with neither events nor lines is refused', () => {
    const { error } = inlineTestSchema.safeParse({ name: 'empty', expect: 'none' });
    expect(error?.issues[0]?.message).toContain('neither events nor lines');
  });
});
