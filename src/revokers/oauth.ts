import { z } from 'zod';
import { type Secret, secretSchema } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import { type HttpAnswer, isTransientStatus, request } from '../http.ts';
import { httpUrl } from '../http-url.ts';
import type { Verification } from '../response/action.ts';
import { defineRevoker } from './revoker.ts';

const urlSchema = (path: string) => httpUrl().meta({ example: `https://login.example.com/${path}` });
const clientId = z.string().min(1).max(256);

/**
 * Ends one OAuth token by RFC 7009, proven by RFC 7662. A 200 to the revocation is no proof, since unknown tokens get one,
 * too; and `active: false` proves something only of a token that the same client saw active before, since servers say it
 * of what a client may not see, too.
 */
export const oauth = defineRevoker({
  id: 'oauth',
  title: 'OAuth token (RFC 7009)',
  reversible: false,
  undo: 'none: the agent asks for a new token',
  cannotStop:
    'a new token for the same client or refresh token; a JWT at whoever checks only its signature, so that one is never called dead',
  locksOut: false,
  needs:
    'a client that may introspect every token; where only its owner may revoke a token, the id and secret of that client in the revoke entry',
  testedAgainst: 'oidc-provider 9',
  settingsSchema: z.strictObject({
    revocation_url: urlSchema('revoke'),
    introspection_url: urlSchema('introspect'),
    client_id: clientId,
    client_secret: secretSchema,
  }),
  specSchema: z.strictObject({
    with: z.literal('oauth'),
    /** Where the agent keeps its token: read anew for each call. */
    token: secretSchema,
    /** The client that the token was issued to, where the server lets no other one revoke it. */
    owner: z.strictObject({ client_id: clientId, client_secret: secretSchema }).optional(),
  }),
  tuning: ['owner'],
  describe: ({ token }) => `revoke the OAuth token that ${token.reference} holds`,
  prepare(server, { token, owner = server }) {
    const active = async () => isActive(await send(server.introspection_url, server, token));
    return {
      isThere: async () => isJwt(token) || (await active()),
      async revoke() {
        const doubt = isJwt(token) ? JWT : (await active()) ? undefined : UNSEEN;
        try {
          expectRevoked(await send(server.revocation_url, owner, token));
        } catch (error) {
          if (doubt === undefined || !(error instanceof CallError)) throw error;
          throw new CallError(`${error.message}; ${doubt}`, false); // a later read-back would take the doubt for death
        }
        if (doubt !== undefined) throw new CallError(`the server took the revocation, but ${doubt}`, false);
      },
      async verify(): Promise<Verification> {
        if (isJwt(token)) return { dead: false, proof: JWT };
        if (!(await active())) return { dead: true, proof: 'introspection says active: false' };
        return { dead: false, proof: `introspection says active: true${owner === server ? MAYBE_OWNER : ''}` };
      },
    };
  },
});

const JWT =
  'this token is a JWT: whoever checks only its signature accepts it until it expires; disable its client, or use opaque tokens';
const MAYBE_OWNER = ' (if only its owner may revoke a token there, add owner: to the revoke entry)';
const UNSEEN =
  'introspection did not call the token active before it either: it was dead already, it is not the one in use, or this client may not introspect it';

/** RFC 7519: three parts, of which the first is JSON with an algorithm. */
function isJwt(token: Secret): boolean {
  const parts = token.reveal().split('.');
  return parts.length === 3 && /^\{.*"alg"/s.test(Buffer.from(parts[0] ?? '', 'base64url').toString());
}

interface Client {
  readonly client_id: string;
  readonly client_secret: Secret;
}

/** Client authentication: RFC 6749, section 2.3.1. */
function send(url: string, { client_id, client_secret }: Client, token: Secret): Promise<HttpAnswer> {
  const basic = Buffer.from(`${formEncoded(client_id)}:${formEncoded(client_secret.reveal())}`).toString('base64');
  const body = new URLSearchParams({ token: token.reveal() }).toString();
  return request({
    service: 'OAuth server',
    url,
    headers: {
      authorization: `Basic ${basic}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    body,
    secrets: [token.reveal(), client_secret.reveal(), basic],
  });
}

const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);

function expectRevoked(answer: HttpAnswer): void {
  if (answer.status !== 200) throw refusal('the revocation', answer);
}

/** @throws CallError for any answer that RFC 7662 doesn't know: it must not look like a dead token */
function isActive(answer: HttpAnswer): boolean {
  if (answer.status !== 200) throw refusal('the introspection', answer);
  const said = answerSchema.safeParse(parsed(answer.text));
  if (said.success) return said.data.active;
  throw new CallError('OAuth server answered the introspection without "active": true or false', false);
}

const answerSchema = z.object({ active: z.boolean() });
const errorSchema = z.object({ error: z.string().regex(/^\w{1,64}$/) });

/** What the server's codes ask for (RFC 7009, section 2.2.1; RFC 6749, section 5.2). Its free text is not shown: it may quote the token. */
const ADVICE: Readonly<Record<string, string>> = {
  unsupported_token_type: "it can't revoke tokens of this type",
  invalid_client: 'check client_id and client_secret',
  unauthorized_client: 'this client may not do that',
};

function refusal(what: string, { status, text }: HttpAnswer): CallError {
  const said = errorSchema.safeParse(parsed(text));
  const code = said.success ? ` ${said.data.error}` : '';
  const advice = said.success ? ADVICE[said.data.error] : undefined;
  return new CallError(
    `OAuth server answered ${what} with ${status}${code}${advice === undefined ? '' : `: ${advice}`}`,
    isTransientStatus(status),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused by the schema
  }
}
