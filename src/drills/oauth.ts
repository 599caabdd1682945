import { z } from 'zod';
import { Secret, secretSchema } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import { type HttpAnswer, isSuccess, request } from '../http.ts';
import { httpUrl } from '../http-url.ts';
import { newToken, type OAuthClient } from '../oauth-token.ts';
import { type Canary, defineDrill } from './drill-kind.ts';

const url = (example: string) => httpUrl().meta({ example });

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
      return canaryOf(Secret.holding((await newToken(client)).value, `the canary ${name}`), client);
    },
    removeLeft: async () => 0, // they expire
  }),
});

interface Client extends OAuthClient {
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
