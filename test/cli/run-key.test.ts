import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { run } from './run.ts';

/** A gateway's line each minute of an hour. */
const lines = (hour: number): string =>
  Array.from({ length: 60 }, (_, minute) => {
    const time = Date.UTC(2026, 9, 5, hour, minute);
    return `${JSON.stringify({
      time: new Date(time).toISOString(),
      msec: String(time / 1000),
      request_id: `${hour}-${minute}`,
      remote_addr: '10.1.2.3',
      credential: 'key-1',
      method: 'GET',
      uri: `/v1/orders/${minute}`,
      args: '',
      status: 200,
      body_bytes_sent: 100,
    })}\n`;
  }).join('');

test('a state that was learned under a key goes on under no other one, unless what that key named may be forgotten', async () => {
  const folder = temporaryFolder();
  const [config, log] = [join(folder, 'wayward.yaml'), join(folder, 'access.json')];
  const key = join(folder, 'state', 'fingerprint.key');
  const registry =
    '[{ id: cred-1, agent: agent-1, kind: api-key, owner: t@example.com, match: { credential_id: key-1 }, issued_at: 2026-10-01T00:00:00Z }]';
  writeFileSync(join(folder, 'credentials.yaml'), `credentials: ${registry}\n`);
  writeFileSync(
    config,
    JSON.stringify({
      state: 'state',
      credentials: 'credentials.yaml',
      sources: [{ file: 'access.json', follow: false, format: 'nginx-json', identity: 'from-key-map' }],
    }),
  );
  writeFileSync(log, lines(8));
  const start = (...more: string[]) => run(['run', '--config', config, ...more]);
  const first = await start();
  expect(first.code, first.stderr).toBe(0);
  const kept = readFileSync(key, 'utf8');

  rmSync(key);
  const refused = await start();
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('was learned under another fingerprint key: put that key back');
  expect(refused.stderr).toContain('--forget-names');

  writeFileSync(key, kept, { mode: 0o600 });
  const back = await start();
  expect(back.code, back.stderr).toBe(0);

  rmSync(key);
  const accepted = await start('--forget-names');
  expect(accepted.code, accepted.stderr).toBe(0);
  const after = await start();
  expect(after.code, after.stderr).toBe(0);
  expect(after.stderr).toContain('"resumed":true');
});
