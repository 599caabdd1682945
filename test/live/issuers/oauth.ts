import { secretOfClient, startOAuth } from '../../servers/oauth.ts';
import { orStop } from '../../servers/start-together.ts';
import { entryOf, type Holder, refusalOf, type StartIssuer } from './issuer.ts';
import { logOf, startLoggingProxy } from './logging-proxy.ts';

/** A token of one client, one each; nginx before the API logs the id by which the API knows it. */
export const startOAuthIssuer: StartIssuer = async (names) => {
  const server = await startOAuth();
  const port = Number(new URL(server.resource).port);
  const proxy = await orStop(server, () => startLoggingProxy(port, logOf('$upstream_http_x_token_id')));
  const secrets: Record<string, string> = { responder: secretOfClient('responder') };

  async function holderOf(agent: string): Promise<Holder> {
    const token = await server.newToken('agent-b');
    secrets[`token-of-${agent}`] = token;
    const call = (path: string) => fetch(`${proxy.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    const id = (await call('v1/invoices/1')).headers.get('x-token-id');
    if (id === null) throw new Error('the API does not take a new token');
    return {
      entry: entryOf(agent, {
        ...{ slot: 'api', kind: 'oauth-token', match: { credential_id: id } },
        scopes: ['GET /v1/invoices/*'],
        revoke: { with: 'oauth', token: `secret://file/token-of-${agent}` },
      }),
      use: async () => refusalOf((await call('v1/invoices/8812')).status, 401),
      async offend() {
        const { status } = await call('v1/exports');
        if (status !== 200) throw new Error(`the API answered ${status}`);
      },
      close: async () => {},
    };
  }
  const holders = await Promise.all(names.map(holderOf));
  return {
    settings: {
      sources: [{ file: proxy.log, identity: 'from-key-map' }], // the API names the token in its answer, once it has checked it
      revokers: {
        oauth: {
          revocation_url: `${server.issuer}/token/revocation`,
          introspection_url: `${server.issuer}/token/introspection`,
          client_id: 'responder',
          client_secret: 'secret://file/responder',
        },
      },
    },
    secrets,
    holders,
    revocations: async () => server.revocations(),
    async stop() {
      await proxy.stop();
      await server.stop();
    },
  };
};
