import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { vaultLease } from '../../src/revokers/vault-lease.ts';
import { vaultLeasePrefix } from '../../src/revokers/vault-lease-prefix.ts';
import { describeWith } from '../servers/require-server.ts';
import { startVaultWithPostgres } from '../servers/vault-with-postgres.ts';
import { CONTEXT, policyOf, stepOf, tokenWith } from './vault-responder.ts';

const CREATE = `CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`;
const REVOKE = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{{name}}'; DROP ROLE IF EXISTS "{{name}}"`;

describeWith('revoking dynamic PostgreSQL users of Vault', startVaultWithPostgres, (servers) => {
  const asRoot = (method: string, path: string, body?: unknown) => {
    const { call, rootToken } = servers().vault;
    return call(rootToken, method, path, body);
  };

  beforeAll(async () => {
    const { port } = servers().postgres;
    const url = `postgresql://{{username}}:{{password}}@127.0.0.1:${port}/appdb?sslmode=disable`;
    await asRoot('POST', 'sys/mounts/database', { type: 'database' });
    const account = { username: 'super', password: 'superpw' };
    const connection = { plugin_name: 'wayward-postgresql', allowed_roles: '*', connection_url: url, ...account };
    expect(await asRoot('POST', 'database/config/pg', connection)).toMatchObject({ status: 204 });
    for (const role of ['billing', 'billing-2', 'stuck']) {
      const revocation = role === 'stuck' ? 'SELECT 1/0' : REVOKE;
      const statements = { creation_statements: [CREATE], revocation_statements: [revocation] };
      await asRoot('POST', `database/roles/${role}`, { db_name: 'pg', default_ttl: '1h', ...statements });
    }
  });

  /** A live session of a user that Vault has just made. */
  async function newSession(role: string) {
    const { body } = await asRoot('GET', `database/creds/${role}`);
    const { username, password } = body?.data ?? {};
    const url = servers().postgres.urlFor(String(username), String(password));
    const session = new pg.Client({ connectionString: url });
    const ended = new Promise((resolve) => session.on('error', resolve));
    await session.connect();
    return { lease: body?.lease_id ?? '', url, session, ended };
  }

  const login = async (url: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.end();
  };

  test('a lease: the user is gone, its live session ends, and another lease of the role lives on', async () => {
    const { vault } = servers();
    const [gone, stays] = [await newSession('billing'), await newSession('billing')];
    const responder = await tokenWith(vault, policyOf(vaultLease));
    const step = await stepOf(vaultLease, vault.url, responder, { lease: gone.lease });

    expect((await step.verify(CONTEXT))?.dead).toBe(false);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual({ dead: true, proof: 'Vault knows no such lease any more' });
    await gone.ended;
    await expect(login(gone.url)).rejects.toThrow('authentication failed');
    await stays.session.query('SELECT 1');
    await stays.session.end();

    await step.revoke(CONTEXT);
    expect((await step.verify(CONTEXT))?.dead).toBe(true);
  });

  test('a prefix: every user of the role is gone, and those of a role with a longer name live on', async () => {
    const { vault } = servers();
    const ours = [await newSession('billing'), await newSession('billing')];
    const other = await newSession('billing-2');
    const names = { 'database/creds/billing-ro': 'database/creds/billing' };
    const responder = await tokenWith(vault, policyOf(vaultLeasePrefix, names));
    const step = await stepOf(vaultLeasePrefix, vault.url, responder, { prefix: 'database/creds/billing' });

    expect((await step.verify(CONTEXT))?.dead).toBe(false);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual({
      dead: true,
      proof: 'Vault lists no lease below database/creds/billing',
    });
    for (const { ended, url } of ours) {
      await ended;
      await expect(login(url)).rejects.toThrow('authentication failed');
    }
    await other.session.query('SELECT 1');
    await other.session.end();
    await step.revoke(CONTEXT);

    const elsewhere = await stepOf(vaultLeasePrefix, vault.url, responder, { prefix: 'database/creds/billing-2' });
    await expect(elsewhere.revoke(CONTEXT)).rejects.toThrow(
      /403 .*needs update and sudo on sys\/leases\/revoke-prefix\/database\/creds\/billing-2/,
    );
    await expect(elsewhere.verify(CONTEXT)).rejects.toMatchObject({ retryable: false });
  });

  test('the tokens of a token role, by its prefix', async () => {
    const { vault } = servers();
    await asRoot('POST', 'auth/token/roles/agents', { allowed_policies: ['default'] });
    const { body } = await asRoot('POST', 'auth/token/create/agents', { ttl: '1h' });
    const token = body?.auth?.client_token ?? '';
    const step = await stepOf(vaultLeasePrefix, vault.url, vault.rootToken, { prefix: 'auth/token/create/agents' });

    expect((await step.verify(CONTEXT))?.dead).toBe(false);
    await step.revoke(CONTEXT);
    expect((await step.verify(CONTEXT))?.dead).toBe(true);
    expect((await vault.call(token, 'GET', 'auth/token/lookup-self')).status).toBe(403);
  });

  test('a database that does not let the user go: no proof, and worth another try', async () => {
    const { vault } = servers();
    const { lease, session } = await newSession('stuck');
    const step = await stepOf(vaultLease, vault.url, vault.rootToken, { lease });
    await expect(step.revoke(CONTEXT)).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining('Vault could not reach'),
    });
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false });
    const prefix = await stepOf(vaultLeasePrefix, vault.url, vault.rootToken, { prefix: 'database/creds/stuck' });
    await expect(prefix.revoke(CONTEXT)).rejects.toMatchObject({ retryable: true });
    expect(await prefix.verify(CONTEXT)).toEqual({ dead: false, proof: 'Vault still lists leases: 1' });
    await session.end();
  });
});

test.each(['', '/', 'database', '/database/creds/x', 'database/creds/x/', 'database//x', 'a/../sys', 'a/\n'])(
  'a prefix that is none, or a whole mount, is refused: %j',
  (prefix) => {
    expect(vaultLeasePrefix.specSchema.safeParse({ with: 'vault-lease-prefix', prefix }).success).toBe(false);
  },
);
