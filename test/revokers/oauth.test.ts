import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Revocation } from '../../src/response/action.ts';
import { oauth } from '../../src/revokers/oauth.ts';
import { run } from '../cli/run.ts';
import { secretOfClient, startOAuth } from '../servers/oauth.ts';
import { type Receiver, startReceiver } from '../servers/receiver.ts';
import { describeWith } from '../servers/require-server.ts';
import { failureOf } from './failure.ts';
import { secretOf } from './secret-of.ts';

const CONTEXT = { key: 'k', credential: 'cred', agent: 'agent' };

interface Asked {
  readonly client?: string;
  readonly owner?: string;
  readonly secret?: string;
}

async function revocation(issuer: string, token: string, asked: Asked = {}): Promise<Revocation> {
  const { client = 'responder', owner, secret = secretOfClient(client) } = asked;
  const settings = {
    revocation_url: `${issuer}/token/revocation`,
    introspection_url: `${issuer}/token/introspection`,
    client_id: client,
    client_secret: await secretOf(secret),
  };
  const ofOwner =
    owner === undefined ? {} : { owner: { client_id: owner, client_secret: await secretOf(secretOfClient(owner)) } };
  return oauth.prepare(settings, { with: 'oauth', token: await secretOf(token), ...ofOwner });
}

describeWith('revoking an OAuth token', startOAuth, (server) => {
  const use = async (token: string) =>
    (await fetch(server().resource, { headers: { authorization: `Bearer ${token}` } })).status;

  test('a token in use stops working, by its owner where only that one may revoke; other tokens go on', async () => {
    const { issuer, newToken } = server();
    const [token, other] = [await newToken('agent-a'), await newToken('agent-a')];
    expect(await use(token)).toBe(200);
    const step = await revocation(issuer, token, { owner: 'agent-a' });

    expect(await step.verify(CONTEXT)).toEqual({ dead: false, proof: 'introspection says active: true' });
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual({ dead: true, proof: 'introspection says active: false' });
    expect(await use(token)).toBe(401);
    expect(await use(other)).toBe(200);
  });

  test("by Wayward's own client, where the server lets it", async () => {
    const { issuer, newToken } = server();
    const token = await newToken('agent-b');
    const step = await revocation(issuer, token);
    await step.revoke(CONTEXT);
    expect((await step.verify(CONTEXT))?.dead).toBe(true);
    expect(await use(token)).toBe(401);
  });

  test('the 200 to a client that may not revoke this token is no proof', async () => {
    const { issuer, newToken } = server();
    const token = await newToken('agent-a');
    const step = await revocation(issuer, token);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, proof: expect.stringContaining('add owner:') });
    expect(await use(token)).toBe(200);
  });

  test('"active: false" to a client that may not see the token is no proof either', async () => {
    const { issuer, newToken } = server();
    const token = await newToken('agent-a');
    const error = await failureOf((await revocation(issuer, token, { client: 'stranger' })).revoke(CONTEXT));
    expect(error).toMatchObject({ retryable: false });
    expect(error.message).toContain('this client may not introspect it');
    expect(await use(token)).toBe(200);
  });

  test.each(['no-such-token', 'a.b.c'])(
    'an unknown token is revoked with 200 and never called dead: %s',
    async (token) => {
      const error = await failureOf((await revocation(server().issuer, token)).revoke(CONTEXT));
      expect(error).toMatchObject({ retryable: false });
      expect(error.message).not.toContain(token);
    },
  );

  test('a JWT is never called dead: whoever checks only its signature goes on taking it', async () => {
    const { issuer, newToken } = server();
    const token = await newToken('agent-b', 'jwt');
    expect(token.split('.')).toHaveLength(3);
    const step = await revocation(issuer, token);
    const error = await failureOf(step.revoke(CONTEXT));
    expect(error).toMatchObject({ retryable: false });
    expect(error.message).toMatch(/400 unsupported_token_type: .* this token is a JWT/);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, proof: expect.stringContaining('is a JWT') });
  });

  test('wayward revoke takes the token from its file at the time, and shows it nowhere', async () => {
    const { issuer, newToken } = server();
    const folder = mkdtempSync(join(tmpdir(), 'wayward-oauth-'));
    const file = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 });
    file('client.secret', secretOfClient('responder'));
    const urls = `revocation_url: ${issuer}/token/revocation, introspection_url: ${issuer}/token/introspection`;
    file(
      'wayward.yaml',
      `revokers: { oauth: { ${urls}, client_id: responder, client_secret: secret://file/client.secret } }\n`,
    );
    mkdirSync(join(folder, 'registry'));
    file(
      'registry/credentials.yaml',
      `credentials: [{ id: cred-b, agent: agent-b, kind: oauth-token, revoke: { with: oauth, token: secret://file/token } }]\n`,
    );
    const where = [
      '--config',
      join(folder, 'wayward.yaml'),
      '--credentials',
      join(folder, 'registry/credentials.yaml'),
    ];
    const revoke = () => run(['revoke', '--agent', 'agent-b', '--execute', ...where]);

    for (const token of [await newToken('agent-b'), await newToken('agent-b')]) {
      file('registry/token', token);
      const { code, stdout, stderr } = await revoke();
      expect(`${stdout}${stderr}`).not.toMatch(new RegExp(`${token}|canary`));
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        action: expect.stringContaining(' secret://file/token '),
        state: 'verified',
        note: 'introspection says active: false',
      });
      expect(await use(token)).toBe(401);
    }
    expect((await revoke()).stderr).toContain('cred-b: is dead already');
  });

  test('a wrong secret of our own fails at once, and no secret is shown', async () => {
    const { issuer, newToken } = server();
    const token = await newToken('agent-b');
    const step = await revocation(issuer, token, { secret: 'wr%ng canary' });
    for (const call of [step.revoke, step.verify]) {
      const error = await failureOf(call(CONTEXT));
      expect(error).toMatchObject({ retryable: false });
      expect(error.message).toContain('401 invalid_client: check client_id and client_secret');
      expect(error.message).not.toMatch(/canary/);
    }
    expect(await use(token)).toBe(200);
  });
});

describeWith('an OAuth server that answers oddly', startReceiver, (receiver: () => Receiver) => {
  test.each([
    [200, '', false],
    [200, '{"active":"false"}', false],
    [200, '[]', false],
    [204, '', false],
    [302, '', false],
    [404, '{"active":false}', false],
    [503, '{"active":false}', true],
    [429, 'slow down, token tok-canary', true],
  ])('%i %s is never taken for a dead token', async (status, body, retryable) => {
    receiver().answer(status, body, { location: '/elsewhere' });
    const step = await revocation(receiver().url, 'tok-canary');
    for (const call of [step.verify, step.revoke]) {
      const error = await failureOf(call(CONTEXT));
      expect(error.retryable).toBe(retryable);
      expect(error.message).not.toContain('canary');
    }
    expect(receiver().received.map(({ path }) => path)).not.toContain('/elsewhere');
  });

  test('a revocation that fails for now, of a token that nobody saw active, is not tried until it looks dead', async () => {
    const server = createServer((request, response) => {
      const isIntrospection = request.url === '/token/introspection';
      response.writeHead(isIntrospection ? 200 : 503).end('{"active":false}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const step = await revocation(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'tok-canary');
    const error = await failureOf(step.revoke(CONTEXT));
    expect(error).toMatchObject({ retryable: false, message: expect.stringContaining('503') });
    server.close();
  });
});

test.each([
  {},
  { token: 'eyJ-the-token-itself' },
  { token: 'secret://file/t', owner: { client_id: 'a', client_secret: 'plain-canary' } },
  { token: 'secret://file/t', owner: { client_id: 'a' } },
])('a wrong revoke entry is refused, without showing what stands in it: %j', (spec) => {
  const checked = oauth.specSchema.safeParse({ with: 'oauth', ...spec });
  expect(checked.success).toBe(false);
  expect(checked.error?.message).not.toMatch(/eyJ|canary/);
});
