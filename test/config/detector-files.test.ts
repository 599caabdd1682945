import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRegistry } from '../../src/attribution/registry.ts';
import { idleExceptions } from '../../src/commands/idle-exceptions.ts';
import { loadDetectors } from '../../src/config/detector-files.ts';
import { runInlineTest } from '../../src/detectors/inline-test.ts';
import { agent, HOUR, MONDAY, Watched } from '../baselines/watched.ts';
import { problemsOf, temporaryFolder } from './temp.ts';

/** A folder of detectors with what `local/` in it says. */
function folderWith(local: Readonly<Record<string, string>>, own: Readonly<Record<string, string>> = {}): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'local'));
  for (const [name, text] of Object.entries(own)) writeFileSync(join(folder, name), text);
  for (const [name, text] of Object.entries(local)) writeFileSync(join(folder, 'local', name), text);
  return folder;
}

const named = (folder: string, id: string) => loadDetectors(folder).filter(({ detector }) => detector.id === id);
const shipped = loadDetectors(join(import.meta.dirname, '..', '..', 'detectors'));

const EXPORTS = `id: exports
title: An export
description: Exports of customers.
kind: match
severity: medium
parameters: { action: "GET /v1/export/**" }
tests:
  - { name: an export, events: [{ action: GET /v1/export/all }], expect: medium }
  - { name: an order, events: [{}], expect: none }
`;

describe('what local/ says', () => {
  test('extends the detectors that come with Wayward, where there are no others', () => {
    const folder = folderWith({ 'exports.yaml': EXPORTS });
    const loaded = loadDetectors(folder);
    expect(loaded.map(({ detector }) => detector.id)).toEqual([
      ...shipped.map(({ detector }) => detector.id),
      'exports',
    ]);
    for (const { detector, tests } of loaded.slice(-1))
      expect(tests.map((one) => runInlineTest(detector, one).problem)).toEqual([undefined, undefined]);
  });

  test('changes what it names, and leaves the rest', () => {
    const folder = folderWith({
      'new-action.yaml': 'extends: new-action\nseverity: { medium: 14 }\ntitle: Never done\n',
    });
    const [before] = shipped.filter(({ detector }) => detector.id === 'new-action');
    const severity = before?.detector.severity;
    expect(named(folder, 'new-action').map(({ detector }) => detector)).toMatchObject([
      {
        title: 'Never done',
        description: before?.detector.description,
        severity: { ...(typeof severity === 'object' && severity), medium: 14 },
        threat: before?.detector.threat,
      },
    ]);
  });

  test('an exception is added to those that are there', () => {
    const exception = (agent: string) => `exceptions: [{ agent: ${agent}, because: a job, until: 2027-01-01 }]\n`;
    const folder = folderWith(
      { 'a.yaml': `extends: exports\n${exception('b')}` },
      { 'exports.yaml': `${EXPORTS}${exception('a')}` },
    );
    const watched = new Watched(
      ['a', 'b', 'c'].map((id) => agent(id)),
      loadDetectors(folder).map(({ detector }) => detector),
    );
    for (const who of ['a', 'b', 'c']) watched.use(MONDAY + HOUR, { action: 'GET /v1/export/all' }, who);
    expect(watched.alerts.map(({ principal }) => principal)).toEqual(['c/api']);
  });

  test.each([
    ['agents', 'for: { agents: ["bill*"] }'],
    ['peer groups', 'for: { peer_groups: [finance] }'],
    ['credentials', 'for: { credentials: ["billing-key"] }'],
  ])('for some %s it has another severity; the others keep theirs', (_whom, written) => {
    const folder = folderWith(
      { 'billing.yaml': `extends: exports\nseverity: critical\n${written}\n` },
      { 'exports.yaml': EXPORTS },
    );
    const watched = new Watched(
      [agent('billing-key', { agent: 'billing', peerGroup: 'finance' }), agent('c')],
      loadDetectors(folder).map(({ detector }) => detector),
    );
    for (const who of ['billing-key', 'c']) watched.use(MONDAY + HOUR, { action: 'GET /v1/export/all' }, who);
    const severities = watched.alerts.map(({ principal, severity }) => [principal, severity]);
    expect(Object.fromEntries(severities)).toEqual({ 'billing/api': 'critical', 'c/api': 'medium' });
  });

  test('where two files are for the same agent, the first by name judges it', () => {
    const folder = folderWith(
      {
        '1.yaml': 'extends: exports\nseverity: low\nfor: { agents: [a] }\n',
        '2.yaml': 'extends: exports\nseverity: critical\nfor: { agents: ["*"] }\n',
      },
      { 'exports.yaml': EXPORTS },
    );
    const watched = new Watched(
      [agent('a'), agent('b')],
      loadDetectors(folder).map(({ detector }) => detector),
    );
    for (const who of ['a', 'b']) watched.use(MONDAY + HOUR, { action: 'GET /v1/export/all' }, who);
    expect(watched.alerts.map(({ severity }) => severity).sort()).toEqual(['critical', 'low']);
  });
});

describe('what is wrong is said with file, line and what to write', () => {
  test.each<[string, string, string]>([
    ['no such detector', 'extends: new-acton\n', 'FILE:1: extends is no detector; write new-action'],
    [
      'bits where there are none',
      'extends: out-of-scope\nseverity: { low: 8 }\n',
      'FILE:2: severity of kind out-of-scope must be one severity; write severity: low, medium, high, critical',
    ],
    [
      'nobody',
      'extends: new-action\nfor: {}\n',
      'FILE:2: for names no agent, group or credential; write agents: [...], peer_groups: [...] or credentials: [...]',
    ],
    [
      'an unknown condition',
      'id: own\ntitle: Own\ndescription: Own.\nkind: match\nseverity: low\nparameters:\n  actions: GET /\n',
      'FILE:7: parameters.actions "actions" is not a known key; write action',
    ],
    [
      'no network',
      'id: own\ntitle: Own\ndescription: Own.\nkind: match\nseverity: low\nparameters:\n  networks: [10.0.0.300]\n',
      'FILE:7: parameters.networks[0] is no network; write such as 10.4.0.0/16',
    ],
    [
      'nothing asked',
      'id: own\ntitle: Own\ndescription: Own.\nkind: match\nseverity: low\nparameters:\n  not: {}\n',
      'FILE:7: parameters.not asks nothing; write a condition, such as action: "GET /v1/export/**"',
    ],
  ])('%s', (_what, text, problem) => {
    const folder = folderWith({ 'own.yaml': text });
    expect(problemsOf(join(folder, 'local', 'own.yaml'), () => loadDetectors(folder))).toContain(problem);
  });

  test('an id that is taken', () => {
    const folder = folderWith({ 'own.yaml': EXPORTS }, { 'exports.yaml': EXPORTS });
    expect(problemsOf(join(folder, 'local', 'own.yaml'), () => loadDetectors(folder))[0]).toContain(
      'or extends: exports in local/ to change it',
    );
  });
});

describe('an exception that matches no credential of the registry', () => {
  const idle = (whom: string, registry = createRegistry([agent('billing-1', { agent: 'billing' })])) => {
    const text = `${EXPORTS}exceptions: [{ ${whom}, because: a job, until: 2027-01-01 }]\n`;
    return idleExceptions(named(folderWith({ 'exports.yaml': text }), 'exports'), registry);
  };

  test.each([['agent: biling'], ['agent: billing, credential: other-*']])('is told: %s', (whom) => {
    expect(idle(whom)).toEqual([
      expect.stringMatching(/exports\.yaml: the exception for agent .* matches no credential/),
    ]);
  });

  test.each([['agent: "bill*"'], ['credential: billing-1'], ['agent: unregistered'], ['agent: source']])(
    'is none: %s',
    (whom) => {
      expect(idle(whom)).toEqual([]);
    },
  );

  test('is none where there is no registry', () => {
    expect(idle('agent: biling', createRegistry([]))).toEqual([]);
  });
});
