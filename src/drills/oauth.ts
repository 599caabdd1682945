import { z } from 'zod';
import { Secret, secretSchema } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import { type HttpAnswer, isSuccess, isTransientStatus, readJson, request } from '../http.ts';
import { httpUrl } from '../http-url.ts';
import { type Canary, defineDrill } from './drill-kind.ts';

const url = (example: string) => httpUrl().meta({ example });
const tokenSchema = z.object({ access_token: z.string().min(1) });

/**
 * A token of a client that is there for drills, by its client credentials. It is used at an API that takes such tokens: introspection is what
 * the revoker looks at already. https://datatracker.ietf.org/doc/html/rfc6749#section-4.4
 */
export const oauth = defineDrill({
  id: 'oauth',
  title: 'OAuth access token of a client for drills (`client_credentials`)',
  proof: 'the API at `resource_url` answers it with 401',
  needs: 'a client of its own, which may use the grant `client_credentials` and revoke its tokens',
  settings: z.unknown(),
  fields: {
    token_url: url('https://login.example.com/token'),
    client_id: z.string().min(1).max(256),
    client_secret: secretSchema,
    /** GET: 2xx with a token that works, 401 with one that doesn't. */
    resource_url: url('https://api.example.com/v1/ping'),
  },
  issuer: (_settings, client) => ({
    async create(name) {
      return canaryOf(Secret.holding(await newToken(client), `the canary ${name}`), client);
    },
    removeLeft: async () => 0, // they expire
  }),
});

interface Client {
  readonly token_url: string;
  readonly client_id: string;
  readonly client_secret: Secret;
  readonly resource_url: string;
}

function canaryOf(token: Secret, { client_id, client_secret, resource_url }: Client): Canary {
  const call = (): Promise<HttpAnswer> =>
    request({
      service: 'API at resource_url',
      method: 'GET',
      url: resource_url,
      headers: { authorization: `Bearer ${token.reveal()}` },
      secrets: [token.reveal()],
    });
  return {
    kind: 'oauth-token',
    revoke: { with: 'oauth', token, owner: { client_id, client_secret } },
    async use() {
      const { status } = await call();
      if (!isSuccess(status)) throw new CallError(`the API at resource_url answered a new token with ${status}`, false);
    },
    async refused() {
      const { status } = await call();
      if (status !== 401)
        throw new CallError(`the API at resource_url answered the revoked token with ${status}`, false);
      return 'the API at resource_url answered with 401';
    },
    async remove() {}, // it is revoked, or expires
  };
}

/** RFC 6749, sections 2.3.1 and 4.4.2. */
async function newToken({ token_url, client_id, client_secret }: Client): Promise<string> {
  const pair = [client_id, client_secret.reveal()].map((part) => new URLSearchParams({ '': part }).toString().slice(1));
  const basic = Buffer.from(pair.join(':')).toString('base64');
  const { status, text } = await request({
    service: 'OAuth server',
    url: token_url,
    headers: {
      authorization: `Basic ${basic}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials' }).toString(),
    secrets: [client_secret.reveal(), basic],
  });
  const token = readJson(text, tokenSchema)?.access_token;
  if (isSuccess(status) && token !== undefined) return token;
  throw new CallError(`OAuth server answered the request for a token with ${status}`, isTransientStatus(status));
}
