import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { temporaryFile, temporaryFolder } from '../config/temp.ts';
import { run } from './run.ts';

const LOGS = fileURLToPath(new URL('../fixtures/logs', import.meta.url));
const NGINX = join(LOGS, 'nginx-access.jsonl');

/** A configuration whose state folder is a temporary one. */
const config = (text = '') => temporaryFile('wayward.yaml', text);
const parsed = (ndjson: string) =>
  ndjson
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('wayward parse', () => {
  test('prints any mix of formats as ECS events in time order, and nothing else', async () => {
    const { code, stdout, stderr } = await run([
      'parse',
      '--config',
      config(),
      NGINX,
      join(LOGS, 'pgaudit.*'),
      join(LOGS, 'vault-audit.jsonl'),
    ]);
    expect(code).toBe(0);
    const events = parsed(stdout);
    expect(new Set(events.map(({ event }) => event.dataset))).toEqual(
      new Set(['nginx.access', 'postgresql.audit', 'vault.audit']),
    );
    expect(events.map((event) => event['@timestamp'])).toEqual(events.map((event) => event['@timestamp']).toSorted());
    expect(stderr).toMatch(/read \d+ records: \d+ events, \d+ ignored \(.*\), 0 dead letters\n$/);
    expect(stderr).toContain(`${events.length} events`);
  });

  test('says whose credential it was where the registry knows', async () => {
    const registry = temporaryFile(
      'credentials.yaml',
      'credentials:\n  - { id: c, agent: a-1, slot: orders, kind: api-key, match: { credential_id: "*agent*" } }\n',
    );
    const { stdout } = await run(['parse', '--config', config(), '--credentials', registry, NGINX]);
    const found = parsed(stdout).filter((event) => event.wayward.principal === 'a-1/orders');
    expect(found.length).toBeGreaterThan(0);
    for (const event of found) {
      expect(event.gen_ai.agent).toEqual({ id: 'a-1', name: 'a-1' });
      expect(event.wayward.attribution).toEqual({ method: 'credential_id', confidence: 0.7 });
      expect(event.wayward.proof).toEqual({ state: 'declared', by: 'undeclared' });
    }
    for (const event of parsed(stdout).filter(({ wayward }) => wayward.result === 'rejected')) {
      expect(event.gen_ai).toBeUndefined();
      expect(event.wayward.attribution.method).toBe('claimed');
    }
  });

  test('reads standard input, and keeps to the time asked for', async () => {
    const text = readFileSync(NGINX, 'utf8');
    const args = ['parse', '--config', config()];
    const all = parsed((await run(args, { stdin: text })).stdout);
    const middle = all[Math.floor(all.length / 2)]['@timestamp'];
    const from = parsed((await run([...args, '--since', middle, '-'], { stdin: text })).stdout);
    const before = parsed((await run([...args, '--until', middle, '-'], { stdin: text })).stdout);
    expect([...before, ...from]).toEqual(all);
    expect(from[0]['@timestamp']).toBe(middle);
  });

  test('a bad line stops nothing: it is counted and written as a dead letter', async () => {
    const letters = join(temporaryFolder(), 'letters.ndjson');
    const text = `${readFileSync(NGINX, 'utf8')}{"broken\n`;
    const { code, stderr } = await run(['parse', '--config', config(), '--dead-letters', letters, '-'], {
      stdin: text,
    });
    expect(code).toBe(0);
    expect(stderr).toContain('1 dead letters (');
    expect(parsed(readFileSync(letters, 'utf8'))).toMatchObject([{ source: '-' }]);
  });

  test('nothing to read is no error', async () => {
    expect(await run(['parse', '--config', config(), '-'], { stdin: '' })).toMatchObject({ code: 0, stdout: '' });
  });

  test.each([
    [['/nowhere/x.log'], '/nowhere/x.log: there is no such file.'],
    [['--format', 'nginx_json', '-'], '--format is no known format; write nginx-json'],
    [['--dead-letters', '/nowhere/x', '-'], '--dead-letters /nowhere/x: cannot be written (ENOENT)'],
  ])('%j is wrong usage', async (args, expected) => {
    const { code, stderr } = await run(['parse', '--config', config(), ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(expected);
  });
});

describe('wayward credentials list', () => {
  const registry = () =>
    temporaryFile(
      'credentials.yaml',
      `credentials:
  - { id: old, agent: a, slot: s, kind: api-key, owner: team@example.com, issued_at: 2026-01-01, expires_at: 2026-06-01 }
  - { id: "young\\e[31m", agent: b, kind: vault-token, issued_at: 2026-05-31 }
`.replace('\\e[31m', ''),
    );

  test('shows age, rotation and expiry as of a time', async () => {
    const { code, stdout } = await run(
      ['credentials', 'list', '--credentials', registry(), '--at', '2026-06-01', '--json'],
      { isTTY: true },
    );
    expect(code).toBe(0);
    expect(parsed(stdout)).toEqual([
      {
        id: 'old',
        agent: 'a',
        slot: 's',
        kind: 'api-key',
        owner: 'team@example.com',
        protected: false,
        age_days: 151,
        rotation_due: '2026-04-01T00:00:00.000Z',
        rotation_overdue: true,
        expires: '2026-06-01T00:00:00.000Z',
        expired: true,
      },
      {
        id: 'young',
        agent: 'b',
        slot: 'vault-token',
        kind: 'vault-token',
        protected: false,
        age_days: 1,
        rotation_overdue: false,
        expired: false,
      },
    ]);
  });

  test('is a table on a terminal', async () => {
    const { stdout } = await run(['credentials', 'list', '--credentials', registry(), '--at', '2026-06-01'], {
      isTTY: true,
    });
    expect(stdout.split('\n')).toEqual([
      'CREDENTIAL  AGENT  SLOT         KIND         OWNER             AGE    ROTATION DUE        EXPIRES',
      'old         a      s            api-key      team@example.com  151 d  2026-04-01 OVERDUE  2026-06-01 EXPIRED',
      'young       b      vault-token  vault-token  -                 1 d    -                   -',
      '',
    ]);
  });

  test('warns where two credentials fit one identity', async () => {
    const file = temporaryFile(
      'credentials.yaml',
      `credentials:\n${['a', 'b'].map((id) => `  - { id: ${id}, agent: ${id}, kind: api-key, match: { client_id: x } }\n`).join('')}`,
    );
    const { code, stderr } = await run(['credentials', 'list', '--credentials', file]);
    expect(code).toBe(0);
    expect(stderr).toBe(`wayward: ${file}: client_id "x" fits several credentials: a, b\n`);
  });
});

describe('wayward fingerprint', () => {
  const TOKEN = 'hvs.CAESIexample-token-0123456789';

  test('prints the fingerprint, the same each time, and the token nowhere', async () => {
    const file = config();
    const first = await run(['fingerprint', '--config', file], { stdin: `${TOKEN}\n` });
    expect(first).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^hmac-sha256:[\da-f]{64}\n$/) });
    expect(await run(['fingerprint', '--config', file], { stdin: TOKEN })).toEqual(first);
    expect((await run(['fingerprint', '--config', config()], { stdin: TOKEN })).stdout).not.toBe(first.stdout);
    expect(statSync(join(dirname(file), '.wayward', 'fingerprint.key')).mode & 0o777).toBe(0o600);
  });

  test('uses the configured key', async () => {
    const text = 'fingerprint_key: secret://env/KEY';
    const outputs = await Promise.all(
      [config(text), config(text)].map((file) =>
        run(['fingerprint', '--config', file], { stdin: TOKEN, env: { KEY: 'k'.repeat(32) } }),
      ),
    );
    expect(outputs[0]?.stdout).toBe(outputs[1]?.stdout);
  });

  test.each([
    ['', 'no token on standard input'],
    [`${TOKEN} ${TOKEN}`, 'more than one token'],
    ['x'.repeat(70_000), 'more than 64 KiB'],
  ])('refuses what is no single token, without showing it (%#)', async (stdin, expected) => {
    const { code, stdout, stderr } = await run(['fingerprint', '--config', config()], { stdin });
    expect(code).toBe(2);
    expect(stderr).toContain(expected);
    expect(stdout + stderr).not.toContain('hvs.');
  });
});
