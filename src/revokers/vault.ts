import { z } from 'zod';
import { type Secret, secretSchema } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import { type HttpAnswer, isSuccess, isTransientStatus, post } from '../http.ts';
import type { Verification } from '../response/action.ts';
import { scrub } from '../scrub.ts';
import { defineRevoker } from './revoker.ts';

/**
 * Ends a Vault token by its accessor, and with it every lease and child token that it made.
 * https://developer.hashicorp.com/vault/api-docs/auth/token#revoke-a-token-accessor
 */
export const vault = defineRevoker({
  id: 'vault',
  title: 'HashiCorp Vault token',
  reversible: false,
  undo: 'none: the agent logs in to Vault again and gets a new token',
  cannotStop: 'a new login by the same agent, and batch tokens, which have no accessor',
  needs: 'a token whose policy allows update on auth/token/revoke-accessor and auth/token/lookup-accessor',
  settingsSchema: z.strictObject({
    url: z.url({ protocol: /^https?$/ }).meta({ example: 'https://vault.example.com:8200' }),
    token: secretSchema,
    namespace: z.string().min(1).optional(),
  }),
  specSchema: z.strictObject({ with: z.literal('vault'), accessor: z.string().regex(/^[\w.-]{1,128}$/) }),
  describe: ({ accessor }) => `revoke the Vault token with accessor ${accessor}, its child tokens and its leases`,
  prepare: (server, { accessor }) => ({
    async revoke() {
      // Also 200 with a warning, for an accessor that Vault doesn't know: the read-back decides.
      await call(server, 'revoke-accessor', accessor);
    },
    verify: async () => readBack(await call(server, 'lookup-accessor', accessor)),
  }),
});

interface Server {
  readonly url: string;
  readonly token: Secret;
  readonly namespace?: string | undefined;
}

/** A 400 "invalid accessor" is an answer: Vault has no such token. */
async function call({ url, token, namespace }: Server, path: string, accessor: string): Promise<HttpAnswer> {
  const secret = token.reveal();
  const answer = await post({
    service: 'Vault',
    url: new URL(`v1/auth/token/${path}`, url.endsWith('/') ? url : `${url}/`).href,
    headers: {
      'content-type': 'application/json',
      'x-vault-token': secret,
      ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
    },
    body: JSON.stringify({ accessor }),
    secrets: [secret],
  });
  if (isSuccess(answer.status) || isUnknownAccessor(answer)) return answer;
  const said = scrub(answer.text.replaceAll(/(\\n|\\t|\s)+/g, ' '), [secret]).slice(0, 200);
  const advice = answer.status === 403 ? `; its token needs update on auth/token/${path}` : '';
  throw new CallError(`Vault answered ${answer.status} ${said}${advice}`, isTransientStatus(answer.status));
}

const isUnknownAccessor = ({ status, text }: HttpAnswer): boolean =>
  status === 400 && text.includes('invalid accessor');

function readBack(answer: HttpAnswer): Verification {
  if (isUnknownAccessor(answer)) return { dead: true, proof: 'Vault knows no token with this accessor any more' };
  return { dead: false, proof: `Vault still knows the token (lookup-accessor answered ${answer.status})` };
}
