import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadCredentials } from '../../src/config/registry-file.ts';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { temporaryFile, temporaryFolder } from './temp.ts';

const text = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
const [config = '', registry = ''] = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml]) => yaml);

test('the examples of docs/configuration.md are right', () => {
  expect(loadConfig(temporaryFile('wayward.yaml', config)).sources).toHaveLength(3);
  expect(loadCredentials(temporaryFile('credentials.yaml', registry)).map(({ id }) => id)).toEqual([
    'cred-billing-pg',
    'cred-billing-vault',
  ]);
});

test('the example of docs/run.md is right', () => {
  const run = readFileSync(new URL('../../docs/run.md', import.meta.url), 'utf8');
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(run) ?? [];
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'credentials.yaml'), registry);
  writeFileSync(join(folder, 'wayward.yaml'), yaml);
  expect(loadConfig(join(folder, 'wayward.yaml'))).toMatchObject({ response: { mode: 'dry-run' } });
});

test('the example of docs/approvals.md is right', () => {
  const approvals = readFileSync(new URL('../../docs/approvals.md', import.meta.url), 'utf8');
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(approvals) ?? [];
  expect(loadConfig(temporaryFile('wayward.yaml', yaml)).response).toMatchObject({
    mode: 'approve',
    approvals: { url: 'https://wayward.example.com' },
  });
});

test('the example of docs/kibana.md is right', () => {
  const kibana = readFileSync(new URL('../../docs/kibana.md', import.meta.url), 'utf8');
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(kibana) ?? [];
  expect(loadConfig(temporaryFile('wayward.yaml', yaml)).kibana).toMatchObject({ space: 'security' });
});

test('the example of docs/drills.md is right', () => {
  const drills = readFileSync(new URL('../../docs/drills.md', import.meta.url), 'utf8');
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(drills) ?? [];
  expect(loadConfig(temporaryFile('wayward.yaml', yaml)).drills).toEqual([
    { with: 'postgres', schedule: '0 4 * * *', objective: 30_000 },
    { with: 'vault', schedule: '15 4 * * *', objective: 60_000 },
  ]);
});

test('the examples of docs/rotation.md are right', () => {
  const rotation = readFileSync(new URL('../../docs/rotation.md', import.meta.url), 'utf8');
  const [config = '', entry = ''] = [...rotation.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml]) => yaml);
  expect(loadConfig(temporaryFile('wayward.yaml', config)).rotation).toEqual({
    mode: 'auto',
    schedule: '0 6 * * *',
    remind_before: 14 * 86_400_000,
  });
  const credential = `credentials: [{ id: c, agent: a, kind: database-role, match: { db_user: u }, ${entry.replaceAll('\n', '')} }]`;
  expect(loadCredentials(temporaryFile('credentials.yaml', credential))[0]?.rotate?.with).toBe('postgres-password');
});
