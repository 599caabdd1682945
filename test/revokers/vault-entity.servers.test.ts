import { beforeAll, expect, test } from 'vitest';
import { vaultEntity } from '../../src/revokers/vault-entity.ts';
import { vaultEntityTokens } from '../../src/revokers/vault-entity-tokens.ts';
import { describeWith } from '../servers/require-server.ts';
import { startVault } from '../servers/vault.ts';
import { CONTEXT, policyOf, stepOf, tokenWith } from './vault-responder.ts';

const NOBODY = '00000000-0000-4000-8000-000000000000';

describeWith('an identity entity of Vault', startVault, (server) => {
  const asRoot = (method: string, path: string, body?: unknown) =>
    server().call(server().rootToken, method, path, body);

  beforeAll(async () => {
    await asRoot('POST', 'sys/auth/userpass', { type: 'userpass' });
  });

  /** An agent that logs in under an entity. */
  async function newAgent(name: string) {
    await asRoot('POST', `auth/userpass/users/${name}`, { password: 'pw' });
    const login = async () => {
      const { status, body } = await server().call('', 'POST', `auth/userpass/login/${name}`, { password: 'pw' });
      return { status, token: body?.auth?.client_token ?? '' };
    };
    const { token } = await login();
    const self = await server().call(token, 'GET', 'auth/token/lookup-self');
    return { entity: String(self.body?.data?.entity_id), token, login };
  }

  const works = async (token: string): Promise<boolean> =>
    (await server().call(token, 'GET', 'auth/token/lookup-self')).status === 200;

  test('disabled: its tokens and logins are refused; restored: the same tokens work again', async () => {
    const agent = await newAgent('a1');
    const other = await newAgent('a2');
    await asRoot('POST', `identity/entity/id/${agent.entity}`, { policies: ['keep'], metadata: { team: 'billing' } });
    const responder = await tokenWith(server(), policyOf(vaultEntity, { ID: agent.entity }));
    const step = await stepOf(vaultEntity, server().url, responder, { entity: agent.entity });
    expect(await step.verify(CONTEXT)).toEqual({
      ...{ dead: false, alive: true },
      proof: 'Vault says that the entity is enabled',
    });

    await step.revoke(CONTEXT);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true, alive: false });
    expect(await works(agent.token)).toBe(false);
    expect((await agent.login()).status).toBe(403);
    expect(await works(other.token)).toBe(true);

    await step.restore?.(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, alive: true });
    expect(await works(agent.token)).toBe(true);
    const { body } = await asRoot('GET', `identity/entity/id/${agent.entity}`);
    expect(body?.data).toMatchObject({ policies: ['keep'], metadata: { team: 'billing' } });
  });

  test('the least right is for disabling only, and for this entity only', async () => {
    const [agent, other] = [await newAgent('b1'), await newAgent('b2')];
    const responder = await tokenWith(server(), policyOf(vaultEntity, { ID: agent.entity }));
    const path = `identity/entity/id/${agent.entity}`;
    expect((await server().call(responder, 'POST', path, { policies: ['root'] })).status).toBe(403);
    const step = await stepOf(vaultEntity, server().url, responder, { entity: other.entity });
    await expect(step.revoke(CONTEXT)).rejects.toThrow(`needs update on identity/entity/id/${other.entity}`);
    await expect(step.verify(CONTEXT)).rejects.toThrow(`needs read on identity/entity/id/${other.entity}`);
    expect(await works(other.token)).toBe(true);
  });

  test('one that is not there is a mistake, not a proof, and none is made', async () => {
    const step = await stepOf(vaultEntity, server().url, server().rootToken, { entity: NOBODY });
    for (const call of [step.revoke, step.verify]) {
      const attempt = call(CONTEXT);
      await expect(attempt).rejects.toThrow(`Vault has no entity ${NOBODY}`);
      await expect(attempt).rejects.toMatchObject({ retryable: false });
    }
    expect((await asRoot('GET', `identity/entity/id/${NOBODY}`)).status).toBe(404);
  });

  test('all its tokens end, with their children; those of others do not', async () => {
    const agent = await newAgent('c1');
    const other = await newAgent('c2');
    const tokens = [
      agent.token,
      ...(await Promise.all(Array.from({ length: 40 }, () => agent.login()))).map((login) => login.token),
    ];
    const responder = await tokenWith(server(), policyOf(vaultEntityTokens));
    const step = await stepOf(vaultEntityTokens, server().url, responder, { entity: agent.entity });
    expect(await step.verify(CONTEXT)).toEqual({
      dead: false,
      proof: expect.stringMatching(/^tokens of the entity, of \d+ that Vault lists: 41$/),
    });

    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true, proof: expect.stringMatching(/: 0$/) });
    expect(await Promise.all(tokens.map(works))).toEqual(tokens.map(() => false));
    expect(await works(other.token)).toBe(true);
    await step.revoke(CONTEXT);

    const powerless = await tokenWith(server(), 'path "x" { capabilities = ["read"] }');
    const refused = await stepOf(vaultEntityTokens, server().url, powerless, { entity: other.entity });
    await expect(refused.verify(CONTEXT)).rejects.toThrow('needs list and sudo on auth/token/accessors/');
  });
});

test.each([vaultEntity, vaultEntityTokens])('an entity that is none is refused: $id', ({ id, specSchema }) => {
  for (const entity of ['', 'x', '../..', undefined]) {
    expect(specSchema.safeParse({ with: id, entity }).success).toBe(false);
  }
});
