import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { CallError } from '../../src/errors.ts';
import type { Revocation } from '../../src/response/action.ts';
import { vault } from '../../src/revokers/vault.ts';
import { freePort } from '../servers/free-port.ts';
import { describeWith } from '../servers/require-server.ts';
import { startVault } from '../servers/vault.ts';
import { secretOf } from './secret-of.ts';
import { CONTEXT, policyOf, tokenWith } from './vault-responder.ts';

async function revocation(url: string, token: string, accessor: string): Promise<Revocation> {
  return vault.prepare({ url, token: await secretOf(token) }, { with: 'vault', accessor });
}

describeWith('revoking a Vault token by its accessor', startVault, (server) => {
  async function newToken(policies: string[]) {
    const { body } = await server().call(server().rootToken, 'POST', 'auth/token/create', { policies, ttl: '1h' });
    if (body?.auth === undefined) throw new Error('Vault made no token');
    return body.auth;
  }

  test('the token and its children stop working, with the least rights for ourselves; a repeat is harmless', async () => {
    const { url, call } = server();
    const agent = await newToken(['root']);
    const child = (await call(agent.client_token, 'POST', 'auth/token/create', { ttl: '1h' })).body?.auth;
    const step = await revocation(url, await tokenWith(server(), policyOf(vault)), agent.accessor);

    expect((await step.verify(CONTEXT))?.dead).toBe(false);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual({
      dead: true,
      proof: 'Vault knows no token with this accessor any more',
    });
    expect((await call(agent.client_token, 'GET', 'auth/token/lookup-self')).status).toBe(403);
    expect((await call(child?.client_token ?? '', 'GET', 'auth/token/lookup-self')).status).toBe(403);
    await step.revoke(CONTEXT);
    expect((await step.verify(CONTEXT))?.dead).toBe(true);
  });

  test('a 403 to ourselves is no proof, and says which right is missing', async () => {
    const { accessor } = await newToken(['default']);
    const powerless = (await newToken(['default'])).client_token;
    const step = await revocation(server().url, powerless, accessor);
    for (const call of [step.revoke, step.verify]) {
      const attempt = call(CONTEXT);
      await expect(attempt).rejects.toThrow(/403 .*needs update on auth\/token\/(revoke|lookup)-accessor/);
      await expect(attempt).rejects.toMatchObject({ retryable: false });
      await expect(attempt).rejects.not.toThrow(powerless);
    }
    expect((await (await revocation(server().url, server().rootToken, accessor)).verify(CONTEXT))?.dead).toBe(false);
  });
});

test('a Vault that does not answer may answer later', async () => {
  const step = await revocation(`http://127.0.0.1:${await freePort()}`, 'hvs.canary', 'acc');
  await expect(step.revoke(CONTEXT)).rejects.toMatchObject({ retryable: true });
  await expect(step.revoke(CONTEXT)).rejects.toThrow('ECONNREFUSED');
});

test('the token is not carried to where a redirect leads, and a token that fits no header is not shown', async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url);
    response.writeHead(307, { location: '/elsewhere' }).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect((await revocation(url, 'hvs.canary', 'acc')).revoke(CONTEXT)).rejects.toThrow('Vault answered 307');
  expect(seen).toEqual(['/v1/auth/token/revoke-accessor']);

  const broken = (await revocation(url, 'hvs.can\nary', 'acc')).revoke(CONTEXT);
  await expect(broken).rejects.toBeInstanceOf(CallError);
  await expect(broken).rejects.toMatchObject({ retryable: false });
  await expect(broken).rejects.not.toThrow(/can\s*ary/);
  server.close();
});

test.each(['', '../sys', 'a/b', 'x'.repeat(200)])('an accessor that is none is refused: %j', (accessor) => {
  expect(vault.specSchema.safeParse({ with: 'vault', accessor }).success).toBe(false);
});
