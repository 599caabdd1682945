import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { Credential } from '../../src/attribution/credential.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { startCanary } from '../../src/commands/canary.ts';
import { loadDetectors } from '../../src/config/detector-files.ts';
import { Given } from '../../src/detectors/needs.ts';
import { type CredentialUse, NOTHING_ELSE } from '../../src/event.ts';
import { Health } from '../../src/ops/health.ts';
import { Metrics } from '../../src/ops/metrics.ts';
import { canFire } from '../../src/pipeline/canary.ts';
import { PROOF } from '../../src/proof.ts';
import { agent } from '../baselines/watched.ts';
import { temporaryFolder } from '../config/temp.ts';

/** A detector that can find nothing is told of in the log, in /healthz and in the health stream; one that can is not. */

const EXPORTS = `id: exports
title: An export
description: Exports.
kind: match
severity: high
parameters: { action: "GET /v1/export/**" }
tests:
  - { name: an export, history: { days: 0 }, events: [{ action: GET /v1/export/all }], expect: high }
  - { name: an order, history: { days: 0 }, events: [{}], expect: none }
`;

/** Detectors of a folder that has these files, and none of those that come with Wayward. */
function loadedOf(files: Readonly<Record<string, string>>) {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'local'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return loadDetectors(folder);
}

const use = (fields: Partial<CredentialUse>): CredentialUse => ({
  ...NOTHING_ELSE,
  time: 0,
  format: 'test',
  dataset: 'test.access',
  action: 'GET /v1/orders/{id}',
  result: 'success',
  proof: PROOF.keyMap,
  identities: [],
  ...fields,
});

const givenBy = (count: number, fields: Partial<CredentialUse>): Given => {
  const given = new Given();
  for (let at = 0; at < count; at++) given.take(use(fields));
  return given;
};

interface Setting {
  readonly credentials?: readonly Credential[];
  readonly given?: readonly Given[];
}

/** What was told once every detector was looked at. */
async function look(files: Readonly<Record<string, string>>, { credentials = [agent('a')], given = [] }: Setting = {}) {
  const health = new Health();
  const metrics = new Metrics();
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const loaded = loadedOf(files);
  const looked = new Promise<void>((resolve) => {
    const registry = createRegistry(credentials);
    const canary = startCanary({
      rules: () => ({ loaded, registry }),
      formats: [],
      telemetry: {
        read: (metric, samples) => metrics.read(metric, samples),
        observe: () => undefined,
        component: (name, condition) => health.component(name, condition),
      },
      log: log as never,
      pause: 0,
      looked: () => {
        const { detectors } = health.report().components;
        told = { health: detectors, measurements: metrics.measurements().filter(({ value }) => value === 1) };
        void canary.end().then(resolve);
      },
    });
    canary.watch(() => given);
  });
  let told: { health: unknown; measurements: unknown } | undefined;
  await looked;
  expect(log.error).not.toHaveBeenCalled();
  return {
    ...told,
    warned: log.warn.mock.calls.map(([, text]) => text),
    informed: log.info.mock.calls.map(([, text]) => text),
  };
}

const OK = { health: { state: 'ok' }, measurements: [], warned: [], informed: [] };

describe('a detector that can find something', () => {
  test('is not told of', async () => {
    expect(await look({ 'exports.yaml': EXPORTS })).toEqual(OK);
  });

  test('nor one that is less severe on purpose, or has an exception for some, or for a time that is over', async () => {
    const credentials = [agent('a'), agent('b')];
    const exception = (whom: string, until: string) =>
      `extends: exports\nseverity: low\nexceptions: [{ agent: "${whom}", because: known, until: ${until} }]\n`;
    expect(
      await look({ 'exports.yaml': EXPORTS, 'local/x.yaml': exception('a', '2999-01-01') }, { credentials }),
    ).toEqual(OK);
    expect(
      await look({ 'exports.yaml': EXPORTS, 'local/x.yaml': exception('*', '2020-01-01') }, { credentials }),
    ).toEqual(OK);
  });

  test('nor one whose logs have what it needs, or have hardly said anything yet', async () => {
    const large = {
      'exports.yaml': EXPORTS.replace('action: "GET', 'bytes: 1000, action: "GET').replace(
        'all }',
        'all, bytes: 5000 }',
      ),
    };
    expect(await look(large, { given: [givenBy(2_000, { bytes: 9 })] })).toEqual(OK);
    expect(await look(large, { given: [givenBy(2_000, {}), givenBy(1, { bytes: 9 })] })).toEqual(OK);
    expect(await look(large, { given: [givenBy(500, {})] })).toEqual(OK);
  });

  test('nor are those that come with Wayward broken, whatever the registry lacks', async () => {
    const broken: string[] = [];
    for (const one of loadDetectors(join(import.meta.dirname, '..', '..', 'detectors')))
      if (!(await canFire(one, []))) broken.push(one.detector.id);
    expect(broken).toEqual([]);
  });
});

describe('a detector that cannot', () => {
  test('since the file that extends it has made its own test fail: degraded, a warning, and in the health stream', async () => {
    const local = `extends: exports\nparameters: { action: "GET /v1/exports/**" }\ntests: [{ name: an export, history: { days: 0 }, events: [{ action: GET /v1/export/all }], expect: high }]\n`;
    expect(await look({ 'exports.yaml': EXPORTS, 'local/x.yaml': local })).toEqual({
      health: { state: 'degraded', reason: "exports can't fire: none of its tests that should find something does" },
      measurements: [{ metric: 'detectors_silent', value: 1, reason: 'exports: no-test-fires' }],
      warned: ["this detector can't fire: none of its tests that should find something does"],
      informed: [],
    });
  });

  test('since an exception leaves out everybody: degraded, and a warning', async () => {
    const local = 'extends: exports\nexceptions: [{ agent: "*", because: all known, until: 2999-01-01 }]\n';
    expect(await look({ 'exports.yaml': EXPORTS, 'local/x.yaml': local })).toMatchObject({
      health: { state: 'degraded', reason: "exports can't fire: its exceptions leave out everybody whom it judges" },
      measurements: [{ reason: 'exports: exceptions' }],
    });
  });

  test.each<[string, string, Setting, string, string]>([
    [
      'its for: matches no credential',
      'extends: exports\nfor: { agents: [nobody] }\n',
      {},
      'nobody',
      'its for: matches no credential of the registry',
    ],
    [
      'no event has the field that it needs',
      'extends: exports\nparameters: { rows: 100 }\ntests: [{ name: rows, history: { days: 0 }, events: [{ action: GET /v1/export/all, rows: 100 }], expect: high }]\n',
      { given: [givenBy(2_000, { bytes: 7 })] },
      'not-in-logs',
      'no event so far has rows',
    ],
  ])('since %s: told, but nothing is broken', async (_, local, setting, why, detail) => {
    expect(await look({ 'exports.yaml': EXPORTS, 'local/x.yaml': local }, setting)).toEqual({
      health: { state: 'ok' },
      measurements: [{ metric: 'detectors_silent', value: 1, reason: `exports: ${why}` }],
      warned: [],
      informed: [`this detector has nothing to judge: ${detail}`],
    });
  });

  test('since the registry declares nothing that it judges: told, but nothing is broken', async () => {
    const hours = EXPORTS.replace('kind: match', 'kind: outside-hours')
      .replace(/parameters.*\n/, '')
      .replace(/tests:[\s\S]*/, '');
    const declared = agent('a', { hours: 'Mon-Fri 06:00-20:00 UTC' });
    expect(await look({ 'exports.yaml': hours })).toMatchObject({
      health: { state: 'ok' },
      measurements: [{ reason: 'exports: not-declared' }],
    });
    expect(await look({ 'exports.yaml': hours }, { credentials: [declared] })).toEqual(OK);
  });
});
