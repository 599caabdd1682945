import { beforeAll, expect, test } from 'vitest';
import { vaultSecretId } from '../../src/revokers/vault-secret-id.ts';
import { describeWith } from '../servers/require-server.ts';
import { startVault } from '../servers/vault.ts';
import { CONTEXT, policyOf, stepOf, tokenWith } from './vault-responder.ts';

describeWith('destroying secret ids of a Vault AppRole', startVault, (server) => {
  const asRoot = (method: string, path: string, body?: unknown) =>
    server().call(server().rootToken, method, path, body);

  beforeAll(async () => {
    await asRoot('POST', 'sys/auth/approle', { type: 'approle' });
    await asRoot('POST', 'sys/auth/agents/eu', { type: 'approle' });
    await asRoot('POST', 'auth/approle/role/billing', { token_ttl: '1h' });
    await asRoot('POST', 'auth/agents/eu/role/billing', { token_ttl: '1h' });
  });

  async function newSecretId(mount = 'approle') {
    const role = `auth/${mount}/role/billing`;
    const { role_id } = (await asRoot('GET', `${role}/role-id`)).body?.data ?? {};
    const { secret_id, secret_id_accessor } = (await asRoot('POST', `${role}/secret-id`)).body?.data ?? {};
    const login = async () => (await server().call('', 'POST', `auth/${mount}/login`, { role_id, secret_id })).status;
    return { accessor: String(secret_id_accessor), login };
  }

  const newStep = async (spec: object, policy = policyOf(vaultSecretId)) =>
    stepOf(vaultSecretId, server().url, await tokenWith(server(), policy), spec);

  test('one by its accessor: it logs nobody in any more, another one still does; a repeat is harmless', async () => {
    const [gone, stays] = [await newSecretId(), await newSecretId()];
    const step = await newStep({ role: 'billing', accessor: gone.accessor });
    expect(await gone.login()).toBe(200);
    expect((await step.verify(CONTEXT))?.dead).toBe(false);

    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual({
      dead: true,
      proof: 'Vault knows no secret id with this accessor any more',
    });
    expect(await gone.login()).toBe(400);
    expect(await stays.login()).toBe(200);
    await step.revoke(CONTEXT);
    expect((await step.verify(CONTEXT))?.dead).toBe(true);
  });

  test('all of a role, at a mount of its own; the same role elsewhere keeps its own', async () => {
    const ids = await Promise.all(Array.from({ length: 40 }, () => newSecretId('agents/eu')));
    const elsewhere = await newSecretId();
    const policy = policyOf(vaultSecretId, { 'auth/approle': 'auth/agents/eu' });
    const step = await newStep({ role: 'billing', mount: 'agents/eu' }, policy);
    expect(await step.verify(CONTEXT)).toEqual({ dead: false, proof: 'secret ids that Vault lists for the role: 40' });

    await step.revoke(CONTEXT);
    expect((await step.verify(CONTEXT))?.dead).toBe(true);
    // 403 once Vault has seen enough of them (user lockout)
    for (const status of await Promise.all(ids.map(({ login }) => login()))) expect([400, 403]).toContain(status);
    expect(await elsewhere.login()).toBe(200);
    await step.revoke(CONTEXT);
  });

  test.each([{ accessor: 'no-such' }, {}])('a role that is not there is a mistake, not a proof: %j', async (spec) => {
    const policy = policyOf(vaultSecretId, { billing: 'biling' });
    const step = await newStep({ role: 'biling', ...spec }, policy);
    for (const call of [step.revoke, step.verify]) {
      const attempt = call(CONTEXT);
      await expect(attempt).rejects.toThrow('Vault has no AppRole biling at auth/approle: check the registry');
      await expect(attempt).rejects.toMatchObject({ retryable: false });
    }
  });

  test('neither is a mount that is not there, nor a missing right', async () => {
    const nowhere = await stepOf(vaultSecretId, server().url, server().rootToken, {
      ...{ role: 'billing', mount: 'nowhere', accessor: 'a' },
    });
    await expect(nowhere.verify(CONTEXT)).rejects.toThrow('404');
    const { accessor } = await newSecretId();
    const powerless = await newStep({ role: 'billing', accessor }, 'path "x" { capabilities = ["read"] }');
    await expect(powerless.verify(CONTEXT)).rejects.toThrow(
      'needs update on auth/approle/role/billing/secret-id-accessor/lookup',
    );
  });
});

test.each([
  [{ role: '../x' }],
  [{ role: '..' }],
  [{ role: '' }],
  [{}],
  [{ role: 'a', mount: '../sys' }],
  [{ role: 'a', accessor: 'b/../c' }],
  [{ role: 'a', more: 1 }],
])('an entry that is none is refused: %j', (spec) => {
  expect(vaultSecretId.specSchema.safeParse({ with: 'vault-secret-id', ...spec }).success).toBe(false);
});
