import { hash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

export interface OAuthServer {
  readonly issuer: string;
  /** An API that asks the authorization server about the token of each request: 200, with an id of the token as `x-token-id`, or 401. */
  readonly resource: string;
  /** A new opaque token of that client, or a JWT. */
  newToken(client: string, format?: 'opaque' | 'jwt'): Promise<string>;
  /** As that client, which it belongs to. */
  revokeToken(client: string, token: string): Promise<void>;
  /** How many revocations were asked for. */
  revocations(): number;
  stop(): Promise<void>;
}

/** Clients are `agent-a`, `agent-b`, `responder` (sees every token, may revoke those of agent-b), and `stranger`; this is each one's secret. */
export const secretOfClient = (client: string): string => `${client} s%cret:canary`;

const CLIENTS = ['agent-a', 'agent-b', 'responder', 'stranger'];

/** A real authorization server (oidc-provider) with introspection and revocation, in this process, on a loopback port. */
export async function startOAuth(): Promise<OAuthServer> {
  const server = createServer();
  const issuer = await listening(server);
  let revocations = 0;
  server.on('request', ({ url }) => {
    if (url === '/token/revocation') revocations++;
  });
  server.on('request', providerAt(issuer).callback());

  const resource = createServer(async (request, response) => {
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    const answer = await post(`${issuer}/token/introspection`, 'responder', { token });
    if (answer.active === true) response.writeHead(200, { 'x-token-id': hash('sha256', token).slice(0, 16) }).end();
    else response.writeHead(401).end();
  });
  const resourceUrl = await listening(resource);

  return {
    issuer,
    resource: resourceUrl,
    async newToken(client, format = 'opaque') {
      const grant = { grant_type: 'client_credentials', ...(format === 'jwt' ? { resource: 'urn:jwt' } : {}) };
      const { access_token } = await post(`${issuer}/token`, client, grant);
      if (typeof access_token !== 'string') throw new Error('the authorization server gave no token');
      return access_token;
    },
    async revokeToken(client, token) {
      await send(`${issuer}/token/revocation`, client, { token });
    },
    revocations: () => revocations,
    async stop() {
      for (const one of [server, resource]) {
        one.closeAllConnections();
        await new Promise((resolve) => one.close(resolve));
      }
    },
  };
}

function providerAt(issuer: string): Provider {
  return new Provider(issuer, {
    clients: CLIENTS.map((client) => ({
      client_id: client,
      client_secret: secretOfClient(client),
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => client.clientId === 'responder' || token.clientId === client.clientId,
      },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) =>
          token.clientId === client.clientId || (client.clientId === 'responder' && token.clientId === 'agent-b'),
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: '', audience: 'urn:jwt', accessTokenFormat: 'jwt' }),
      },
    },
    ttl: { ClientCredentials: 3600 },
  });
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function post(url: string, client: string, form: Record<string, string>): Promise<Record<string, unknown>> {
  return (await send(url, client, form)).json() as Promise<Record<string, unknown>>;
}

function send(url: string, client: string, form: Record<string, string>): Promise<Response> {
  const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);
  const basic = Buffer.from(`${encode(client)}:${encode(secretOfClient(client))}`).toString('base64');
  return fetch(url, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams(form),
  });
}
