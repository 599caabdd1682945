import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Revoker } from '../../src/response/action.ts';
import { oauth } from '../../src/revokers/oauth.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { secretOfClient, startOAuth } from '../servers/oauth.ts';
import { describeWith } from '../servers/require-server.ts';
import { drillsOf } from './held.ts';

describeWith('a drill on an OAuth server', startOAuth, (server) => {
  const settings = async () => ({
    oauth: {
      revocation_url: `${server().issuer}/token/revocation`,
      introspection_url: `${server().issuer}/token/introspection`,
      client_id: 'responder',
      client_secret: await secretOf(secretOfClient('responder')),
    },
  });
  const entry = async (changes: object = {}) => ({
    with: 'oauth',
    token_url: `${server().issuer}/token`,
    client_id: 'agent-a',
    client_secret: await secretOf(secretOfClient('agent-a')),
    resource_url: server().resource,
    ...changes,
  });

  test('a token is made, taken by an API, revoked, and refused by that API', async () => {
    const { response, hold } = drillsOf(await settings());
    const report = await hold(await entry());
    expect(report).toMatchObject({ passed: true, note: 'the API at resource_url answered with 401' });
    expect(response.outbox.ofCause(report.cause)).toMatchObject([
      { state: 'verified', detail: expect.stringContaining(`the canary ${report.canary} `) },
    ]);
    const files = readdirSync(response.folder).map((name) => readFileSync(join(response.folder, name), 'latin1'));
    expect(files.join('')).not.toContain(secretOfClient('agent-a'));
  });

  test('a revoker that claims to have revoked is found out', async () => {
    const liar: Revoker = {
      ...oauth,
      prepare: () => ({ revoke: async () => {}, verify: async () => ({ dead: true, proof: 'trust me' }) }),
    };
    const { passed, note } = await drillsOf(await settings(), {}, [], { revokers: [liar] }).hold(await entry());
    expect({ passed, note }).toEqual({
      passed: false,
      note: 'refuse: the API at resource_url answered the revoked token with 200',
    });
  });

  test.each([
    ['a wrong secret', { client_secret: 'wrong' }, 'create: OAuth server answered the request for a token with 401'],
    [
      'an API that takes no token of this client',
      { resource_url: 'away' },
      /^use: API at resource_url: .*ECONNREFUSED/,
    ],
  ])('%s fails the drill where it shows', async (_what, change: Record<string, string>, expected) => {
    const changes = {
      ...(change.client_secret && { client_secret: await secretOf(change.client_secret) }),
      ...(change.resource_url && { resource_url: 'http://127.0.0.1:2/x' }),
    };
    const { note } = await drillsOf(await settings()).hold(await entry(changes));
    if (typeof expected === 'string') expect(note).toBe(expected);
    else expect(note).toMatch(expected);
  });
});
