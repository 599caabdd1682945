import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { spawnWayward } from '../live/wayward.ts';
import type { KilledRotation } from '../rotation/killed-rotation.ts';
import { describeWith } from '../servers/require-server.ts';
import { startVaultWithPostgres } from '../servers/vault-with-postgres.ts';
import { run } from './run.ts';

const DAY = 86_400_000;
const ISSUED = new Date(Date.now() - 100 * DAY).toISOString();
const OLD = 'canary-old-password';

interface Files {
  readonly postgresUrl?: string;
  readonly vaultUrl?: string;
  readonly vaultToken?: string;
  readonly config?: object;
}

/** `roles` are of PostgreSQL, each with a credential of its own that is ten days overdue; one more has no `rotate`. */
function workplace(roles: readonly string[], files: Files = {}): { readonly folder: string; readonly config: string } {
  const folder = temporaryFolder();
  const file = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 });
  file('pg-url', files.postgresUrl ?? 'nonsense');
  file('token', files.vaultToken ?? 'nonsense');
  file('empty.log', '');
  const vault = { url: files.vaultUrl ?? 'http://127.0.0.1:1', token: 'secret://file/token' };
  const revokers = { postgres: { url: 'secret://file/pg-url' }, vault };
  file('wayward.yaml', JSON.stringify({ state: 'state', revokers, ...files.config }));
  const rotated = roles.map((role) => ({
    id: `cred-${role}`,
    agent: 'billing-agent-1',
    kind: 'database-role',
    issued_at: ISSUED,
    match: { db_user: role },
    rotate: { with: 'postgres-password', role, secret: `secret://vault/secret/data/${role}#password` },
  }));
  const byHand = {
    id: 'cred-key',
    agent: 'billing-agent-1',
    kind: 'api-key',
    issued_at: ISSUED,
    match: { credential_id: 'k' },
  };
  file('credentials.yaml', JSON.stringify({ credentials: [...rotated, byHand] }));
  return { folder, config: join(folder, 'wayward.yaml') };
}
const ndjson = (text: string): Record<string, unknown>[] =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));

test('shows what is due and how it would be rotated; no secret is fetched, no server asked', async () => {
  const { config } = workplace(['r1']);
  const { code, stdout } = await run(['rotate', '--due', '--config', config]);
  expect(code).toBe(0);
  expect(ndjson(stdout)).toEqual([
    {
      credential: 'cred-r1',
      agent: 'billing-agent-1',
      due: new Date(Date.parse(ISSUED) + 90 * DAY).toISOString(),
      would: 'give PostgreSQL role "r1" a new password, kept in secret://vault/secret/data/r1#password',
    },
    expect.objectContaining({
      credential: 'cred-key',
      would: 'nothing',
      refused: expect.stringContaining('add rotate:'),
    }),
  ]);
  const onTerminal = await run(['rotate', '--due', '--config', config], { isTTY: true });
  expect(onTerminal.stdout).toMatch(/^CREDENTIAL +DUE +WOULD\ncred-r1 +20/);
  expect(onTerminal.stderr).toBe('Nothing was done. Add --execute to do it.\n');
});

test.each([
  [[], 'say what to rotate: --credential ID, or --due'],
  [['--due', '--credential', 'cred-r1'], 'say what to rotate'],
  [['--credential', 'cred-r2'], 'no credential "cred-r2" in the registry; is it cred-r1?'],
  [['--credential', 'cred-key', '--execute'], 'cred-key: NOT rotated: cannot be rotated by Wayward: add rotate:'],
])('rotate %j is refused with what to write', async (args, message) => {
  const { config } = workplace(['r1']);
  writeFileSync(join(config, '..', 'pg-url'), 'postgres://127.0.0.1/x');
  const { code, stderr } = await run(['rotate', ...args, '--config', config]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
});

test.each([
  [{ with: 'postgres-pasword' }, 'rotate.with is no known rotator; write with: postgres-password'],
  [{ with: 'postgres-password', role: 'r' }, 'rotate.secret'],
  [
    { with: 'postgres-password', role: 'r', secret: 'secret://file/pw' },
    'is no place that Wayward can write a secret to; write such as secret://vault/secret/data/NAME#FIELD',
  ],
  [
    { with: 'postgres-password', role: 'r', secret: 'secret://vault/secret/pw#x' },
    'is no place that Wayward can write a secret to',
  ],
  [{ with: 'vault-database-root', connection: 'pg' }, 'rotate.role'],
])('a wrong rotate: entry is refused with its line: %j', async (rotate, message) => {
  const { folder, config } = workplace([]);
  const entry = { id: 'c', agent: 'a', kind: 'database-role', match: { db_user: 'u' }, rotate };
  writeFileSync(join(folder, 'credentials.yaml'), JSON.stringify({ credentials: [entry] }));
  const { code, stderr } = await run(['rotate', '--due', '--config', config]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
});

describeWith('wayward rotate on real servers', startVaultWithPostgres, (servers) => {
  let files: Files = {};
  let count = 0;
  beforeAll(() => {
    const { postgres, vault } = servers();
    files = { postgresUrl: postgres.url, vaultUrl: vault.url, vaultToken: vault.rootToken };
  });

  const newRole = async (password = OLD): Promise<string> => {
    const { postgres, vault } = servers();
    const role = `agent_${++count}`;
    await postgres.query(`CREATE ROLE ${role} LOGIN PASSWORD '${OLD}'`);
    await vault.call(vault.rootToken, 'POST', `secret/data/${role}`, { data: { password } });
    return role;
  };
  const passwordOf = async (role: string): Promise<string> => {
    const { vault } = servers();
    const { body } = await vault.call(vault.rootToken, 'GET', `secret/data/${role}`);
    const secret = body?.data?.data as Record<string, string> | undefined;
    return secret?.password ?? 'no password';
  };
  const login = async (role: string, password: string): Promise<void> => {
    const client = new pg.Client({ connectionString: servers().postgres.urlFor(role, password) });
    await client.connect();
    await client.end();
  };
  const listed = async (config: string, id: string): Promise<Record<string, unknown> | undefined> =>
    ndjson((await run(['credentials', 'list', '--config', config])).stdout).find((entry) => entry.id === id);

  test('--execute does it, says so, and shows no secret; from then on the credential is not due', async () => {
    const role = await newRole();
    const { config } = workplace([role], files);
    expect(await listed(config, `cred-${role}`)).toMatchObject({ rotation_overdue: true, age_days: 100 });
    const { code, stdout, stderr } = await run([
      'rotate',
      '--credential',
      `cred-${role}`,
      '--execute',
      '--as',
      'ann',
      '--config',
      config,
    ]);
    expect(code).toBe(0);
    expect(ndjson(stdout)).toMatchObject([{ credential: `cred-${role}`, state: 'verified', by: 'ann' }]);
    const password = await passwordOf(role);
    await login(role, password);
    for (const secret of [password, OLD]) expect(stdout + stderr).not.toContain(secret);
    expect(await listed(config, `cred-${role}`)).toMatchObject({ rotation_overdue: false, age_days: 0 });
    expect(ndjson((await run(['rotate', '--due', '--config', config])).stdout)).toMatchObject([
      { credential: 'cred-key' },
    ]);
    expect((await run(['audit', 'verify', '--config', config])).code).toBe(0);
  });

  test('one that can not be done is exit 3, with the reason; the others are done', async () => {
    const [broken, fine] = [await newRole('not the password'), await newRole()];
    const { config } = workplace([broken, fine], files);
    const { code, stdout, stderr } = await run(['rotate', '--due', '--execute', '--config', config]);
    expect(code).toBe(3);
    expect(ndjson(stdout)).toMatchObject([{ state: 'failed' }, { state: 'verified' }]);
    expect(stderr).toContain('does not log in');
    expect(stderr).toContain('cred-key: NOT rotated');
    await login(fine, await passwordOf(fine));
  });

  test('wayward run, mode auto: rotates what is due, and reminds of the rest once', async () => {
    const role = await newRole();
    const rotation = { mode: 'auto', schedule: '* * * * * *' };
    const { config } = workplace([role], { ...files, config: { rotation, sources: [{ file: 'empty.log' }] } });
    const wayward = spawnWayward(config);
    onTestFinished(() => wayward.kill());
    expect(await wayward.line(({ msg }) => msg === 'rotation')).toMatchObject({
      credential: `cred-${role}`,
      state: 'verified',
    });
    await login(role, await passwordOf(role));
    expect(await wayward.line(({ msg }) => msg === 'rotation is due')).toMatchObject({ credential: 'cred-key' });
    const { length } = wayward.lines;
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(wayward.lines.slice(length)).toEqual([]);
    expect(await wayward.stop()).toBe(0);
  });

  test('wayward run goes on with a rotation that a killed process began, whatever its own mode', async () => {
    const role = await newRole();
    const { folder, config } = workplace([role], { ...files, config: { sources: [{ file: 'empty.log' }] } });
    mkdirSync(join(folder, 'state'));
    const child = join(import.meta.dirname, '..', 'rotation', 'killed-rotation.ts');
    const { postgres, vault } = servers();
    const killed: KilledRotation = {
      accounts: { postgres: { url: postgres.url }, vault: { url: vault.url, token: vault.rootToken } },
      rotate: { with: 'postgres-password', role, secret: `secret://vault/secret/data/${role}#password` },
      id: `cred-${role}`,
    };
    // Soon after the change at the server; where exactly does not matter.
    const args = [child, 'after', '10', join(folder, 'state'), JSON.stringify(killed)];
    await expect(promisify(execFile)(process.execPath, args)).rejects.toMatchObject({ signal: 'SIGKILL' });
    expect(await passwordOf(role)).toBe(OLD);
    await expect(login(role, OLD)).rejects.toThrow('authentication failed');
    const wayward = spawnWayward(config);
    onTestFinished(() => wayward.kill());
    await wayward.line(({ msg, state }) => msg === 'rotation' && state === 'verified');
    await login(role, await passwordOf(role));
    expect(await wayward.stop()).toBe(0);
  });
});
