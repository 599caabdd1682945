import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { editorSchema } from '../../scripts/editor-schema.ts';
import { loadRules } from '../../src/config/rules.ts';
import { RulesInUse } from '../../src/pipeline/rules-in-use.ts';
import { type Schema, unfit } from '../config/json-schema.ts';
import { temporaryFolder } from '../config/temp.ts';
import { run } from './run.ts';

/** One set of detectors with everything that may stand in it means the same to editors, test, scan, backtest and a reload. */

const LINE = (minute: number, uri: string, status = 200): string =>
  JSON.stringify({
    ...{
      time: new Date(Date.UTC(2026, 10, 23, 12, minute)).toISOString(),
      msec: String(Date.UTC(2026, 10, 23, 12, minute) / 1000),
    },
    ...{
      request_id: `${minute}`,
      remote_addr: '10.4.1.7',
      credential: 'key-7',
      method: 'GET',
      uri,
      args: '',
      status,
      body_bytes_sent: 68,
    },
  });

const SET: Readonly<Record<string, string>> = {
  'after-denial.yaml': `$schema: ../schema.json
id: after-denial
title: An export after a denial
description: Somebody tried doors, and found one.
stage: enforce
kind: match
severity: high
threat: [T1213]
owasp: [NHI5:2025]
triage: [Look at what was denied.]
false_positives: [A deployment with wrong grants.]
references: [https://attack.mitre.org/techniques/T1213/]
repeat_after: 1d
parameters:
  action: "GET /v1/export/**"
  any: [{ method: GET }, { all: [{ path: "*export*" }, { not: { status: 304 } }] }]
  not: { client: "backup*" }
  after: { use: { result: denied }, within: 10m }
exceptions: [{ agent: "migrator-*", credential: "*", because: schema jobs, until: 2999-01-01 }]
tests:
  - name: a denial, then an export, as the gateway wrote them
    history: { days: 1 }
    identity: from-key-map
    lines:
      - '${LINE(1, '/v1/admin', 403)}'
      - '${LINE(2, '/v1/export/all')}'
    expect: high
  - name: an export alone
    history: { days: 0 }
    identity: from-key-map
    lines:
      - '${LINE(2, '/v1/export/all')}'
    expect: none
`,
  'many.yaml': `id: many
title: Many objects
description: Many different objects within minutes.
stage: observe
kind: match
severity: medium
parameters: { action_like: "get /v1/*", count: { over: 2, within: 10m, distinct: path } }
tests:
  - { name: three, history: { days: 0 }, usual: { ids: in-order }, events: [{ times: 3, ids: in-order }], expect: medium }
  - { name: two, history: { days: 0 }, events: [{ times: 2, ids: in-order }], expect: none }
`,
  'local/for-billing.yaml': `$schema: ../../schema.json
extends: after-denial
for: { agents: ["billing-*"], peer_groups: ["*"], credentials: ["*"] }
severity: critical
`,
};

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'detectors', 'local'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'detectors', name), text);
  writeFileSync(
    join(folder, 'access.json'),
    [LINE(1, '/v1/admin', 403), LINE(2, '/v1/export/all'), LINE(3, '/v1/orders/1')].map((line) => `${line}\n`).join(''),
  );
  const entry = '{ id: c, agent: billing-1, kind: api-key, owner: t@example.com, match: { credential_id: key-7 } }';
  writeFileSync(
    join(folder, 'credentials.yaml'),
    `credentials: [${entry}, ${entry.replace('id: c', 'id: d').replace('billing-1', 'migrator-1').replace('key-7', 'key-8')}]\n`,
  );
  writeFileSync(join(folder, 'wayward.yaml'), 'credentials: credentials.yaml\ndetectors: detectors\n');
  return folder;
}

test('everything that may stand in a set means the same everywhere', async () => {
  const folder = folderWith(SET);
  const detectors = join(folder, 'detectors');
  const schema = JSON.parse(JSON.stringify(editorSchema())) as Schema;
  for (const name of Object.keys(SET))
    expect(unfit(parse(readFileSync(join(detectors, name), 'utf8')), schema)).toEqual([]);

  const config = ['--config', join(folder, 'wayward.yaml')];
  const tested = await run(['test', ...config]);
  expect(tested.stdout).toContain('4 passed, 0 failed');
  expect(tested.stdout).toContain('observing many');

  const log = ['--identity', 'from-key-map', join(folder, 'access.json')];
  const scanned = await run(['scan', ...config, ...log]);
  expect(JSON.parse(scanned.stdout)).toMatchObject({
    event: { severity: 99 },
    rule: { id: 'after-denial', reference: ['https://attack.mitre.org/techniques/T1213/'] },
    wayward: { triage: ['Look at what was denied.'], owasp: ['NHI5:2025'] },
  });
  expect(scanned.stderr).toMatch(/observed .* medium {2}many {2}billing-1/);

  const backtest = await run(['backtest', ...config, ...log]);
  expect(backtest.code, backtest.stderr).toBe(0);
  expect(backtest.stdout).toContain('after-denial');

  const place = { credentials: join(folder, 'credentials.yaml'), detectors };
  const silent = { info() {}, warn() {}, error() {} };
  const rules = new RulesInUse(loadRules(place), () => loadRules(place), silent);
  writeFileSync(join(detectors, 'many.yaml'), (SET['many.yaml'] ?? '').replace('stage: observe', 'stage: enforce'));
  rules.reload('ann');
  expect(rules.current.detectors.map(({ id, observes }) => [id, observes])).toEqual([
    ['after-denial', undefined],
    ['after-denial', undefined],
    ['many', undefined],
  ]);
});

test.each([
  [
    'a word that is misspelt',
    'many.yaml',
    'stage: observe',
    'stages: observe',
    /many\.yaml:4: "stages" is not a known key; write stage/,
  ],
  [
    'a page that is none',
    'after-denial.yaml',
    'https://attack',
    'attack',
    /after-denial\.yaml:12: references\S* is no page; write/,
  ],
  [
    'a test with nothing in it',
    'many.yaml',
    'events: [{ times: 2, ids: in-order }], ',
    '',
    /many\.yaml:10: .*neither events nor lines; write/,
  ],
  ['a condition within conditions', 'after-denial.yaml', 'status: 304', 'stats: 304', /after-denial\.yaml:16: .*stats/],
])('%s is refused with file, line and what to write', async (_, name, right, wrong, message) => {
  const folder = folderWith({ ...SET, [name]: (SET[name] ?? '').replace(right, wrong) });
  const { code, stderr } = await run(['test', '--config', join(folder, 'wayward.yaml')]);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});
