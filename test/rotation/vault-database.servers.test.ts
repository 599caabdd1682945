import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import type { Notes } from '../../src/response/action.ts';
import { vaultDatabaseRoot } from '../../src/rotation/vault-database-root.ts';
import { vaultDatabaseStatic } from '../../src/rotation/vault-database-static.ts';
import { credentialOf } from '../response/response-of.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { policyOf, tokenWith } from '../revokers/vault-responder.ts';
import { describeWith } from '../servers/require-server.ts';
import { startVaultWithPostgres } from '../servers/vault-with-postgres.ts';
import { rotationsOf } from './rotations-of.ts';

/** Notes that outlive what makes the rotation, as the store's do. */
function keptNotes(kept = new Map<string, string>()): Notes & { readonly kept: Map<string, string> } {
  return { kept, get: (name) => kept.get(name), keep: async (name, value) => void kept.set(name, value) };
}

describeWith("rotating what Vault's database engine keeps", startVaultWithPostgres, (servers) => {
  const asRoot = (method: string, path: string, body?: unknown) =>
    servers().vault.call(servers().vault.rootToken, method, path, body);
  const staticCredentials = async (): Promise<Record<string, string>> =>
    (await asRoot('GET', 'database/static-creds/billing')).body?.data as Record<string, string>;
  const login = async (user = '', password = ''): Promise<void> => {
    const client = new pg.Client({ connectionString: servers().postgres.urlFor(user, password) });
    await client.connect();
    await client.end();
  };
  const accounts = async (policy: string): Promise<Record<string, unknown>> => ({
    vault: { url: servers().vault.url, token: await secretOf(await tokenWith(servers().vault, policy)) },
    postgres: { url: await secretOf(servers().postgres.url) },
  });

  beforeAll(async () => {
    const { postgres } = servers();
    await postgres.query("CREATE ROLE vault_root LOGIN SUPERUSER PASSWORD 'first'");
    await postgres.query("CREATE ROLE billing_static LOGIN PASSWORD 'x'");
    await asRoot('POST', 'sys/mounts/database', { type: 'database' });
    const connection = {
      plugin_name: 'wayward-postgresql',
      allowed_roles: '*',
      connection_url: `postgresql://{{username}}:{{password}}@127.0.0.1:${postgres.port}/appdb?sslmode=disable`,
      username: 'vault_root',
      password: 'first',
    };
    expect(await asRoot('POST', 'database/config/pg', connection)).toMatchObject({ status: 204 });
    const role = { db_name: 'pg', username: 'billing_static', rotation_period: '24h' };
    expect(await asRoot('POST', 'database/static-roles/billing', role)).toMatchObject({ status: 204 });
    const create = `CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`;
    await asRoot('POST', 'database/roles/billing-ro', { db_name: 'pg', creation_statements: [create] });
  });

  test('a static role, with the documented policy: Vault hands out a new password, which logs in; the old one does not', async () => {
    const before = await staticCredentials();
    await login(before.username, before.password);
    const rotate = { with: 'vault-database-static', role: 'billing', login: 'postgres' };
    const { order, make, steps } = rotationsOf(
      [credentialOf({ rotate })],
      await accounts(policyOf(vaultDatabaseStatic, {}, 'rotation')),
    );
    order();
    await make();
    expect(steps()).toMatchObject([
      { state: 'verified', note: expect.stringMatching(/^Vault rotated it at 2.+Z, and the new password logs in$/) },
    ]);
    const after = await staticCredentials();
    expect(after.password).not.toBe(before.password);
    await login(after.username, after.password);
    await expect(login(before.username, before.password)).rejects.toThrow('authentication failed');
    for (const { password } of [before, after]) expect(JSON.stringify(steps())).not.toContain(password);
  });

  test('interrupted after Vault had done it: it is not done again', async () => {
    const rotation = vaultDatabaseStatic.prepare(await accounts(policyOf(vaultDatabaseStatic, {}, 'rotation')), {
      with: 'vault-database-static',
      role: 'billing',
    });
    const notes = keptNotes();
    await rotation.rotate(notes);
    const { last_vault_rotation: once } = await staticCredentials();
    expect(await rotation.rotate(notes)).toBe(`Vault rotated it at ${once}`);
    expect((await staticCredentials()).last_vault_rotation).toBe(once);
  });

  test("Vault's own user: its old password is refused, and Vault goes on making users", async () => {
    await login('vault_root', 'first');
    const rotate = { with: 'vault-database-root', connection: 'pg', role: 'billing-ro' };
    const { order, make, steps } = rotationsOf(
      [credentialOf({ rotate })],
      await accounts(policyOf(vaultDatabaseRoot, {}, 'rotation')),
    );
    order();
    await make();
    expect(steps()).toMatchObject([
      { state: 'verified', note: 'Vault made a user of the role billing-ro with it, and dropped that one' },
    ]);
    await expect(login('vault_root', 'first')).rejects.toThrow('authentication failed');
    const users = await servers().postgres.query("SELECT FROM pg_roles WHERE rolname LIKE 'v-token-billing-ro%'");
    expect(users.rowCount).toBe(0);
  });

  test.each([
    [{ with: 'vault-database-static', role: 'nobody' }, /^Vault answered 40\d/],
    [{ with: 'vault-database-root', connection: 'nothing', role: 'billing-ro' }, /^Vault has no connection "nothing"/],
  ])('what Vault does not know ends as failed: %j', async (rotate, message) => {
    const { order, make, steps } = rotationsOf(
      [credentialOf({ rotate })],
      await accounts('path "*" { capabilities = ["read", "update"] }'),
    );
    order();
    await make();
    expect(steps()).toMatchObject([{ state: 'failed', note: expect.stringMatching(message) }]);
  });

  test('without the right to it: the one that is missing is named', async () => {
    const rotate = { with: 'vault-database-static', role: 'billing' };
    const policy = 'path "database/static-creds/billing" { capabilities = ["read"] }';
    const { order, make, steps } = rotationsOf([credentialOf({ rotate })], await accounts(policy));
    order();
    await make();
    expect(steps()[0]?.note).toMatch(/its token needs update on database\/rotate-role\/billing$/);
  });
});
