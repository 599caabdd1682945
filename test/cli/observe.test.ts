import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { run } from './run.ts';

const line = (minute: number, uri: string): string =>
  `${JSON.stringify({
    time: new Date(Date.UTC(2026, 9, 5, 8, minute)).toISOString(),
    msec: String(Date.UTC(2026, 9, 5, 8, minute) / 1000),
    request_id: `${minute}`,
    remote_addr: '10.1.2.3',
    credential: 'key-1',
    method: 'GET',
    uri,
    args: '',
    status: 200,
    body_bytes_sent: 100,
  })}\n`;

const rule = (id: string, stage: string): string =>
  `id: ${id}\ntitle: An export\ndescription: Exports.\nkind: match\nseverity: high\n${stage}parameters: { action: "GET /v1/export/**" }
tests:
  - { name: an export, events: [{ action: GET /v1/export/all }], expect: high }
  - { name: an order, events: [{}], expect: none }\n`;

/** A configuration whose only detectors are these. */
function folderWith(detectors: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'detectors'));
  for (const [name, text] of Object.entries(detectors)) writeFileSync(join(folder, 'detectors', `${name}.yaml`), text);
  writeFileSync(join(folder, 'access.json'), line(1, '/v1/orders/1') + line(2, '/v1/export/all'));
  writeFileSync(
    join(folder, 'credentials.yaml'),
    'credentials: [{ id: c, agent: agent-1, kind: api-key, owner: t@example.com, match: { credential_id: key-1 } }]\n',
  );
  writeFileSync(
    join(folder, 'wayward.yaml'),
    JSON.stringify({
      state: 'state',
      credentials: 'credentials.yaml',
      detectors: 'detectors',
      response: { mode: 'dry-run' },
      sources: [{ file: 'access.json', follow: false, format: 'nginx-json', identity: 'from-key-map' }],
    }),
  );
  return folder;
}

const scan = (folder: string) =>
  run(['scan', '--config', join(folder, 'wayward.yaml'), '--identity', 'from-key-map', join(folder, 'access.json')]);

test('what an observing detector finds is said by scan, run and test, and is no alert', async () => {
  const folder = folderWith({ trial: rule('trial', 'stage: observe\n') });
  const config = join(folder, 'wayward.yaml');
  const scanned = await scan(folder);
  expect(scanned.stdout).toBe('');
  expect(scanned.stderr).toMatch(
    /^wayward: observed {2}2026-10-05T08:02:00.000Z {2}high {2}trial {2}agent-1\S*: agent-1 did GET/m,
  );
  expect(scanned.stderr).toContain('0 alerts');

  const ran = await run(['run', '--config', config]);
  expect(ran.code, ran.stderr).toBe(0);
  expect(ran.stderr).toContain('"observed":"trial","severity":"high"');
  expect((await run(['alerts', 'list', '--config', config, '--json'])).stdout).not.toContain('trial');
  const again = await run(['run', '--config', config]);
  expect(again.stderr).not.toContain('"observed":"trial"');

  const tested = await run(['test', '--config', config]);
  expect(tested.stdout).toContain('observing trial: what they find makes no alert');
  expect(tested.stdout).toContain('2 passed, 0 failed');
});

test('one that is enforced makes an alert, and nothing is said to be observed', async () => {
  const folder = folderWith({ trial: rule('trial', 'stage: enforce\n') });
  const scanned = await scan(folder);
  expect(JSON.parse(scanned.stdout)).toMatchObject({ rule: { id: 'trial' } });
  expect(scanned.stderr).not.toContain('observed');
  expect((await run(['test', '--config', join(folder, 'wayward.yaml')])).stdout).not.toContain('observing');
});

test('a stage that does not exist is refused, with what to write', async () => {
  const { code, stderr } = await scan(folderWith({ trial: rule('trial', 'stage: silent\n') }));
  expect(code).toBe(2);
  expect(stderr).toMatch(/trial\.yaml:6: stage .*observe/);
});
