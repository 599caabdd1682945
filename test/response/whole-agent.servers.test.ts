import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { vault } from '../../src/revokers/vault.ts';
import { vaultEntity } from '../../src/revokers/vault-entity.ts';
import { vaultSecretId } from '../../src/revokers/vault-secret-id.ts';
import { ended, start } from '../cli/process.ts';
import { temporaryFolder } from '../config/temp.ts';
import { policyOf, tokenWith } from '../revokers/vault-responder.ts';
import { startIssuer } from '../servers/issuer.ts';
import { type Link, linkTo } from '../servers/link.ts';
import { startMariaDb } from '../servers/mariadb.ts';
import { secretOfClient, startOAuth } from '../servers/oauth.ts';
import { startPostgres } from '../servers/postgres.ts';
import { describeWith } from '../servers/require-server.ts';
import { startTogether } from '../servers/start-together.ts';
import { startVault } from '../servers/vault.ts';

const TIMEOUT = 120_000;
const AGENT = 'billing-agent-1';
const ROLE = `whole_${process.pid.toString(36)}`;
/** As the plan has them: issuers before what was issued from them, sessions last. */
const ORDER = ['entity', 'mariadb', 'postgres', 'approle', 'key', 'oauth', 'token'];

/** Five issuers, all real but the last, which is the test's own webhook receiver. */
const startAll = () =>
  startTogether({
    vault: startVault,
    postgres: startPostgres,
    mariadb: startMariaDb,
    oauth: startOAuth,
    keys: startIssuer,
  });

describeWith('an agent with seven credentials of five issuers', startAll, (servers) => {
  let link: Link | undefined;
  afterAll(() => link?.down());

  async function newVaultLogin() {
    const { call, rootToken } = servers().vault;
    const asRoot = async (method: string, path: string, body?: unknown) =>
      (await call(rootToken, method, path, body)).body;
    await asRoot('POST', 'sys/auth/approle', { type: 'approle' });
    await asRoot('POST', 'auth/approle/role/billing', { token_ttl: '1h' });
    const { role_id } = (await asRoot('GET', 'auth/approle/role/billing/role-id'))?.data ?? {};
    const { secret_id } = (await asRoot('POST', 'auth/approle/role/billing/secret-id'))?.data ?? {};
    const login = () => call('', 'POST', 'auth/approle/login', { role_id, secret_id });
    const { auth } = (await login()).body ?? {};
    const { data } = (await asRoot('POST', 'auth/token/lookup-accessor', { accessor: auth?.accessor })) ?? {};
    const token = auth?.client_token ?? '';
    const isAlive = async () => (await call(token, 'GET', 'auth/token/lookup-self')).status === 200;
    return { accessor: auth?.accessor ?? '', entity: String(data?.['entity_id']), login, isAlive };
  }

  async function newDatabaseUsers() {
    const { postgres, mariadb } = servers();
    await postgres.query(`CREATE ROLE ${ROLE} LOGIN PASSWORD 'pw'`);
    await mariadb.query('CREATE USER ?@? IDENTIFIED BY ?', [ROLE, '%', 'pw']);
    const responder = `${ROLE}_responder`;
    await mariadb.query('CREATE USER ?@? IDENTIFIED BY ?', [responder, '127.0.0.1', 'pw']);
    await mariadb.query('GRANT CREATE USER, CONNECTION ADMIN, PROCESS ON *.* TO ?@?', [responder, '127.0.0.1']);
    await mariadb.query('GRANT SELECT (User, Host, Priv) ON mysql.global_priv TO ?@?', [responder, '127.0.0.1']);
    return { mariadbUrl: mariadb.urlFor(responder, 'pw') };
  }

  const logsIn = async (connecting: Promise<{ end(): Promise<unknown> }>): Promise<boolean> =>
    connecting.then(
      async (client) => {
        await client.end();
        return true;
      },
      () => false,
    );
  const intoPostgres = async () => {
    const client = new pg.Client({ connectionString: servers().postgres.urlFor(ROLE, 'pw') });
    await client.connect();
    return client;
  };
  const intoMariaDb = () => mysql.createConnection(servers().mariadb.urlFor(ROLE, 'pw'));

  test(
    'one command kills them all, in order; an issuer that is down is waited for, and what it had issued anew dies, too',
    async () => {
      const { oauth, keys, postgres } = servers();
      const [login, { mariadbUrl }] = [await newVaultLogin(), await newDatabaseUsers()];
      const token = await oauth.newToken('agent-b');
      const policies = [policyOf(vaultEntity, { ID: login.entity }), policyOf(vaultSecretId), policyOf(vault)];
      const responder = await tokenWith(servers().vault, policies.join('\n'));
      link = await linkTo(Number(new URL(servers().vault.url).port));

      const folder = temporaryFolder();
      const secrets: Record<string, string> = {
        postgres: postgres.url,
        mariadb: mariadbUrl,
        vault: responder,
        oauth: secretOfClient('responder'),
        token,
        webhook: 'k',
      };
      for (const [name, secret] of Object.entries(secrets)) writeFileSync(join(folder, name), secret, { mode: 0o600 });
      writeFileSync(
        join(folder, 'wayward.yaml'),
        stringify({
          state: 'state',
          revokers: {
            postgres: { url: 'secret://file/postgres' },
            mariadb: { url: 'secret://file/mariadb' },
            vault: { url: `http://127.0.0.1:${link.port}`, token: 'secret://file/vault' },
            oauth: {
              revocation_url: `${oauth.issuer}/token/revocation`,
              introspection_url: `${oauth.issuer}/token/introspection`,
              client_id: 'responder',
              client_secret: 'secret://file/oauth',
            },
            webhook: { secret: 'secret://file/webhook' },
          },
        }),
      );
      const credential = (id: string, kind: string, revoke: object, parent?: string) => ({
        id,
        agent: AGENT,
        kind,
        parent,
        revoke,
      });
      writeFileSync(
        join(folder, 'credentials.yaml'),
        stringify({
          credentials: [
            credential('token', 'vault-token', { with: 'vault', accessor: login.accessor }, 'approle'),
            credential(
              'key',
              'api-key',
              { with: 'webhook', url: `${keys.url}/revoke`, verify_url: `${keys.url}/verify` },
              'approle',
            ),
            credential('approle', 'vault-approle', { with: 'vault-secret-id', role: 'billing' }, 'entity'),
            credential('entity', 'vault-approle', { with: 'vault-entity', entity: login.entity }),
            credential('postgres', 'database-role', { with: 'postgres', role: ROLE }),
            credential('mariadb', 'database-role', { with: 'mariadb', user: ROLE }),
            credential('oauth', 'oauth-token', { with: 'oauth', token: 'secret://file/token' }),
          ],
        }),
      );

      const child = start(folder, ['revoke', '--agent', AGENT, '--execute', '--as', 'ann']);
      child.stdin?.end();
      let said = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        said += chunk;
      });
      const end = ended(child);
      await expect.poll(() => said, { timeout: 60_000 }).toMatch(/^token: attempt 1 failed/m);
      for (const id of ['entity', 'approle', 'token'])
        expect(said).toMatch(new RegExp(`^${id}: attempt 1 failed, trying again: Vault: .*ECONNREFUSED`, 'm'));
      for (const id of ['mariadb', 'postgres', 'key', 'oauth'])
        expect(said).toMatch(new RegExp(`^${id}: verified`, 'm'));
      expect(await login.isAlive()).toBe(true);
      keys.reissue('key'); // whoever may still log in to Vault gets a new one

      await link.up();
      const { code, stdout } = await end;
      expect(code).toBe(0);
      const steps = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(steps.map(({ credential: id, state, by }) => [id, state, by])).toEqual(
        ORDER.map((id) => [id, 'verified', 'ann']),
      );
      expect(said.match(/^key: verified/gm)?.length).toBeGreaterThan(1); // after each issuer above it

      expect(await login.isAlive()).toBe(false);
      expect((await login.login()).status).toBeGreaterThanOrEqual(400);
      expect(await logsIn(intoPostgres())).toBe(false);
      expect(await logsIn(intoMariaDb())).toBe(false);
      expect((await fetch(oauth.resource, { headers: { authorization: `Bearer ${token}` } })).status).toBe(401);
      expect([...keys.dead]).toEqual(['key']);
      expect(keys.calls.map(({ credential: id }) => id)).toEqual(['key', 'key']);

      const audit = start(folder, ['audit', 'verify']);
      audit.stdin?.end();
      expect((await ended(audit)).stderr).toMatch(/The record is whole \(entries: \d+\)/);
    },
    TIMEOUT,
  );
});
