import { z } from 'zod';
import type { Secret } from './config/secrets.ts';
import { CallError } from './errors.ts';
import { isSuccess, isTransientStatus, readJson, request } from './http.ts';

export interface OAuthClient {
  readonly token_url: string;
  readonly client_id: string;
  readonly client_secret: Secret;
}

export interface AccessToken {
  readonly value: string;
  /** Seconds it is good for; undefined where the server does not say. */
  readonly expiresIn: number | undefined;
}

const answerSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive().optional() });

/**
 * A new token by client credentials (RFC 6749, sections 2.3.1 and 4.4.2), with what else is asked of the server, such as `scope`.
 * @throws CallError when the server gave none; it holds no secret
 */
export async function newToken(client: OAuthClient, more: Readonly<Record<string, string>> = {}): Promise<AccessToken> {
  const { token_url, client_id, client_secret } = client;
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
    body: new URLSearchParams({ grant_type: 'client_credentials', ...more }).toString(),
    secrets: [client_secret.reveal(), basic],
  });
  const answer = readJson(text, answerSchema);
  if (isSuccess(status) && answer !== undefined) return { value: answer.access_token, expiresIn: answer.expires_in };
  throw new CallError(`OAuth server answered the request for a token with ${status}`, isTransientStatus(status));
}
