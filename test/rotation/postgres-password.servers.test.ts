import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import type { Credential } from '../../src/attribution/credential.ts';
import { postgresPassword } from '../../src/rotation/postgres-password.ts';
import { credentialOf, NOW } from '../response/response-of.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { policyOf, tokenWith } from '../revokers/vault-responder.ts';
import { logsIn as loginWorks } from '../servers/postgres-login.ts';
import { describeWith } from '../servers/require-server.ts';
import { startVaultWithPostgres } from '../servers/vault-with-postgres.ts';
import { eachCrash } from './each-crash.ts';
import type { KilledRotation } from './killed-rotation.ts';
import { rotationsOf } from './rotations-of.ts';

const OLD = 'canary-old-password';

describeWith('rotating the password of a PostgreSQL role into Vault', startVaultWithPostgres, (servers) => {
  let settings: Record<string, unknown> = {};
  let token = '';
  let responderUrl = '';
  let count = 0;

  beforeAll(async () => {
    const { postgres, vault } = servers();
    await postgres.query("ALTER SYSTEM SET log_statement = 'all'");
    await postgres.query('SELECT pg_reload_conf()');
    await postgres.query("CREATE ROLE rotator LOGIN CREATEROLE PASSWORD 'pw'");
    responderUrl = postgres.urlFor('rotator', 'pw');
    token = await tokenWith(vault, policyOf({ id: 'vault' }, { 'billing/pg': '*' }, 'rotation/secret-writers'));
    settings = {
      postgres: { url: await secretOf(responderUrl) },
      vault: { url: vault.url, token: await secretOf(token) },
    };
  });

  /** An agent's role whose password is in Vault, beside something else. */
  async function newAgent(password = OLD): Promise<{ role: string; credential: Credential }> {
    const role = `rotated_${++count}`;
    await servers().postgres.query(`CREATE ROLE ${role} LOGIN PASSWORD '${OLD}'`);
    await write(role, { password, host: 'db.example.com' });
    const secret = `secret://vault/secret/data/${role}#password`;
    return { role, credential: credentialOf({ rotate: { with: 'postgres-password', role, secret } }) };
  }
  const asRoot = (method: string, path: string, body?: unknown) =>
    servers().vault.call(servers().vault.rootToken, method, path, body);
  const write = (role: string, data: object) => asRoot('POST', `secret/data/${role}`, { data });
  const inVault = async (role: string, version = ''): Promise<Record<string, string>> =>
    (await asRoot('GET', `secret/data/${role}${version}`)).body?.data?.data as Record<string, string>;
  const logsIn = (role: string, password = '') => loginWorks(servers().postgres, role, password);

  test('the new password logs in and is what readers get; the old one does not, and is an older version of the secret', async () => {
    const { role, credential } = await newAgent();
    const { response, order, make, steps } = rotationsOf([credential], settings);
    order();
    response.at(NOW + 3_000);
    await make();
    const { password, ...others } = await inVault(role);
    expect(others).toEqual({ host: 'db.example.com' });
    expect(password).toMatch(/^[\w-]{32}$/);
    expect(await logsIn(role, password)).toBe(true);
    expect(await logsIn(role, OLD)).toBe(false);
    expect(await inVault(role, '?version=1')).toMatchObject({ password: OLD });
    expect(steps()).toMatchObject([{ state: 'verified', attempts: 1, decidedBy: 'ann' }]);
    expect(response.audit.ofCause('rotation-1')).toMatchObject([
      {
        type: 'verified',
        by: 'ann',
        credential: 'cred-billing-pg',
        action: `rotate: give PostgreSQL role "${role}" a new password, kept in secret://vault/secret/data/${role}#password`,
        times: { alert: new Date(NOW).toISOString(), total_ms: 3_000 },
      },
    ]);
    expect(response.state.all("SELECT * FROM settings WHERE name LIKE 'rotation.notes%'")).toEqual([]);
  });

  test('neither password is in a file of Wayward, nor in the log of a server that logs every statement', async () => {
    const { role, credential } = await newAgent();
    const { response, order, make } = rotationsOf([credential], settings);
    order();
    await make();
    const { password = '' } = await inVault(role);
    const files = readdirSync(response.folder).map((name) => readFileSync(join(response.folder, name), 'latin1'));
    const log = readFileSync(String(servers().postgres.logFile), 'utf8').split(`ALTER ROLE \\"${role}\\"`)[1];
    expect(log).toContain('SCRAM-SHA-256');
    for (const text of [...files, log]) {
      expect(text).not.toContain(password);
      expect(text).not.toContain(OLD);
    }
  });

  test('ordered twice while one is under way it is one rotation', async () => {
    const { role, credential } = await newAgent();
    const { order, make, steps } = rotationsOf([credential], settings);
    order();
    order(credential, 'rotation-2');
    await make();
    await make();
    expect(steps()).toHaveLength(1);
    expect((await asRoot('GET', `secret/metadata/${role}`)).body?.data?.current_version).toBe(3);
  });

  test('a current value that does not log in is no way back: nothing is changed', async () => {
    const { role, credential } = await newAgent('not the password');
    const { order, make, steps } = rotationsOf([credential], settings);
    order();
    await make();
    expect(steps()).toMatchObject([
      { state: 'failed', note: expect.stringMatching(/^the password in the secret does not log in .*no way back$/) },
    ]);
    expect(await inVault(role)).toEqual({ password: 'not the password', host: 'db.example.com' });
    expect(await logsIn(role, OLD)).toBe(true);
  });

  test('a server that refuses the new password: the old one works again, and nothing is pending', async () => {
    const { role, credential } = await newAgent();
    const rotation = postgresPassword.prepare(settings, credential.rotate);
    // Somebody else sets another password in between, once: as if the new one had got lost on its way.
    const { query } = pg.Client.prototype;
    let altered = 0;
    pg.Client.prototype.query = async function (this: pg.Client, ...args: Parameters<typeof query>) {
      const result = (await query.apply(this, args)) as unknown;
      if (String(args[0]).startsWith('ALTER ROLE') && ++altered === 1)
        await query.apply(this, [`ALTER ROLE ${role} PASSWORD 'something else'`] as unknown as Parameters<
          typeof query
        >);
      return result;
    } as typeof query;
    try {
      const notes = { get: () => undefined, keep: async () => undefined };
      await expect(rotation.rotate(notes)).rejects.toThrow(
        /^the server refused the new password \(PostgreSQL: 28P01 .*\); the old one works again$/,
      );
    } finally {
      pg.Client.prototype.query = query;
    }
    expect(await logsIn(role, OLD)).toBe(true);
    expect(await inVault(role)).toEqual({ password: OLD, host: 'db.example.com' });
  });

  test('a server that asks this role for no password: nothing is proven, and everything is as before', async ({
    skip,
  }) => {
    const { postgres } = servers();
    if (postgres.logFile === undefined) return skip('pg_hba.conf of WAYWARD_TEST_POSTGRES is elsewhere');
    const { role, credential } = await newAgent();
    const file = join(dirname(postgres.logFile), '..', 'pg_hba.conf');
    writeFileSync(file, `host all ${role} 127.0.0.1/32 trust\n${readFileSync(file, 'utf8')}`);
    await postgres.query('SELECT pg_reload_conf()');
    await expect.poll(() => logsIn(role, 'anything')).toBe(true);
    const { order, make, steps } = rotationsOf([credential], settings);
    order();
    await make();
    expect(steps()).toMatchObject([
      {
        state: 'failed',
        note: 'the server takes the old password, too, so that it asks for none; the old one works again',
      },
    ]);
    expect(await inVault(role)).toEqual({ password: OLD, host: 'db.example.com' });
  });

  test.each([
    [
      'there is no such secret',
      { secret: 'secret://vault/secret/data/nothing#password' },
      /^there is no secret of KV version 2 at secret\/data\/nothing in Vault/,
    ],
    ['the secret has no such field', { field: 'pw' }, /^the secret has no current value/],
    ['the role is not there', { role: 'nobody' }, /does not log in/],
    [
      'Wayward connects as this role itself',
      { role: 'rotator' },
      /^this is the role that Wayward itself connects as: give Wayward one of its own$/,
    ],
  ])('%s: it says so, and nothing is changed', async (_what, change: Record<string, string>, message) => {
    const { role, credential } = await newAgent(change.role === 'rotator' ? 'pw' : OLD);
    const rotate = {
      with: 'postgres-password',
      role: change.role ?? role,
      secret: change.secret ?? `secret://vault/secret/data/${role}#${change.field ?? 'password'}`,
    };
    const { order, make, steps } = rotationsOf([{ ...credential, rotate }], settings);
    order();
    await make();
    expect(steps()).toMatchObject([{ state: 'failed', note: expect.stringMatching(message) }]);
    expect(await logsIn(role, OLD)).toBe(true);
  });

  test('a Vault that is away: tried again, and done once it is back', async () => {
    const { role, credential } = await newAgent();
    const away = { ...settings, vault: { ...(settings.vault as object), url: 'http://127.0.0.1:1234' } };
    const first = rotationsOf([credential], away);
    first.order();
    await first.make();
    expect(first.steps()).toMatchObject([{ state: 'calling', doneAt: undefined, attempts: 1 }]);
    await first.make();
    expect(first.steps()).toMatchObject([{ attempts: 1 }]);
    const { response, make, steps } = rotationsOf([credential], settings, {}, { folder: first.response.folder });
    response.at(NOW + 1_000);
    await make();
    expect(steps()).toMatchObject([{ state: 'verified', attempts: 2 }]);
    expect(await logsIn(role, (await inVault(role)).password)).toBe(true);
  });

  test('killed before and after each of its calls: one of the two passwords always logs in, and the next start ends it, once', async () => {
    const calls = await eachCrash(async () => {
      const { role, credential } = await newAgent();
      return {
        rotation: {
          accounts: { postgres: { url: responderUrl }, vault: { url: servers().vault.url, token } },
          rotate: credential.rotate as KilledRotation['rotate'],
        },
        async check(folder, at) {
          const { password: current, password_pending: pending } = await inVault(role);
          expect((await logsIn(role, current)) || (await logsIn(role, pending)), at).toBe(true);

          const { response, make, steps } = rotationsOf([credential], settings, {}, { folder });
          await make();
          expect(steps(), at).toMatchObject([{ state: 'verified' }]);
          expect(response.audit.ofCause('rotation-1'), at).toMatchObject([{ type: 'verified' }]);
          const { password, ...others } = await inVault(role);
          expect(others, at).toEqual({ host: 'db.example.com' });
          expect(await logsIn(role, password), at).toBe(true);
          expect(await logsIn(role, OLD), at).toBe(false);
          expect((await asRoot('GET', `secret/metadata/${role}`)).body?.data?.current_version, at).toBe(3);
          response.store.close();
        },
      };
    });
    expect(calls).toBeGreaterThan(10);
  }, 240_000);
});
