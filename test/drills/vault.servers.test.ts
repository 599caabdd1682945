import { expect, test } from 'vitest';
import type { Revoker } from '../../src/response/action.ts';
import { vault } from '../../src/revokers/vault.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { policyOf, tokenWith } from '../revokers/vault-responder.ts';
import { freePort } from '../servers/free-port.ts';
import { describeWith } from '../servers/require-server.ts';
import { startVault } from '../servers/vault.ts';
import { drillsOf } from './held.ts';

describeWith('a drill on Vault', startVault, (server) => {
  const settingsWith = async (policy: string): Promise<Record<string, unknown>> => {
    const name = `drill-${Math.random().toString(36).slice(2)}`;
    const { url, rootToken, call } = server();
    await call(rootToken, 'PUT', `sys/policies/acl/${name}`, { policy });
    const { body } = await call(rootToken, 'POST', 'auth/token/create', { policies: [name], ttl: '1h' });
    return { vault: { url, token: await secretOf(body?.auth?.client_token ?? '') } };
  };
  const policy = (): string => `${policyOf(vault)}\n${policyOf({ id: 'vault' }, {}, 'drills')}`;
  const accessors = async (): Promise<unknown[]> =>
    ((await server().call(server().rootToken, 'LIST', 'auth/token/accessors')).body?.data?.keys ?? []) as unknown[];

  test('with the documented policy and no more: a token is made, used, revoked and refused; none is left', async () => {
    const { response, hold } = drillsOf(await settingsWith(policy()));
    const before = await accessors();
    const report = await hold({ with: 'vault' });
    expect(report).toMatchObject({ kind: 'vault', passed: true, note: 'lookup-self was answered with 403' });
    expect(await accessors()).toEqual(expect.arrayContaining(before));
    expect(await accessors()).toHaveLength(before.length);
    expect(response.audit.ofCause(report.cause).map(({ type }) => type)).toEqual(['verified', 'drill-passed']);
  });

  test('a token that was not revoked still answers, which fails the drill; it is removed all the same', async () => {
    const liar: Revoker = {
      ...vault,
      prepare: () => ({ revoke: async () => {}, verify: async () => ({ dead: true, proof: 'trust me' }) }),
    };
    const { hold } = drillsOf(await settingsWith(policy()), {}, [], { revokers: [liar] });
    const before = await accessors();
    const report = await hold({ with: 'vault' });
    expect(report).toMatchObject({
      passed: false,
      note: 'refuse: the token still works: lookup-self answered it',
    });
    expect(await accessors()).toHaveLength(before.length);
  });

  test('without the right to make tokens it says which one is missing', async () => {
    const { hold } = drillsOf(await settingsWith(policyOf(vault)));
    const { passed, note } = await hold({ with: 'vault' });
    expect(passed).toBe(false);
    expect(note).toMatch(/^create: Vault answered 403 .*its token needs update on auth\/token\/create$/);
  });

  test('a Vault that does not answer fails the drill', async () => {
    const settings = { vault: { url: `http://127.0.0.1:${await freePort()}`, token: await secretOf('a token') } };
    const { note } = await drillsOf(settings).hold({ with: 'vault' });
    expect(note).toMatch(/^create: Vault: .*ECONNREFUSED/);
  });

  test('the canary may do nothing but look at itself, and expires by itself', async () => {
    const seen: { token?: string } = {};
    const watching: Revoker = {
      ...vault,
      prepare(settings, spec) {
        const revocation = vault.prepare(settings, spec);
        return {
          ...revocation,
          async revoke(context) {
            const { accessor } = spec as { accessor: string };
            const { body } = await server().call(server().rootToken, 'POST', 'auth/token/lookup-accessor', {
              accessor,
            });
            Object.assign(seen, body?.data);
            await revocation.revoke(context);
          },
        };
      },
    };
    const { hold } = drillsOf(await settingsWith(policy()), {}, [], { revokers: [watching] });
    expect((await hold({ with: 'vault' })).passed).toBe(true);
    expect(seen).toMatchObject({ policies: ['default'], explicit_max_ttl: expect.any(Number), renewable: false });
    expect(seen).toMatchObject({ ttl: expect.any(Number) });
  });

  test('Wayward’s own token lives on', async () => {
    const token = await tokenWith(server(), policy());
    const settings = { vault: { url: server().url, token: await secretOf(token) } };
    await drillsOf(settings).hold({ with: 'vault' });
    const { body } = await server().call(server().rootToken, 'POST', 'auth/token/lookup', { token });
    expect(body?.data).toBeDefined();
  });
});
