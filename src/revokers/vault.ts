import { z } from 'zod';
import type { HttpAnswer } from '../http.ts';
import { callVault, keepToken, saysThat, type VaultServer } from '../vault.ts';
import { defineRevoker } from './revoker.ts';
import { vaultSettings } from './vault-settings.ts';

/**
 * Ends a Vault token by its accessor, and with it every lease and child token that it made.
 * https://developer.hashicorp.com/vault/api-docs/auth/token#revoke-a-token-accessor
 *
 *     path "auth/token/revoke-accessor" { capabilities = ["update"] }
 *     path "auth/token/lookup-accessor" { capabilities = ["update"] }
 */
export const vault = defineRevoker({
  id: 'vault',
  title: 'HashiCorp Vault token',
  reversible: false,
  undo: 'none: the agent logs in to Vault again and gets a new token',
  cannotStop: 'a new login by the same agent, and batch tokens, which have no accessor',
  locksOut: false,
  needs: 'a token whose policy allows update on auth/token/revoke-accessor and auth/token/lookup-accessor',
  testedAgainst: 'Vault 1.19',
  settingsSchema: vaultSettings,
  specSchema: z.strictObject({ with: z.literal('vault'), accessor: z.string().regex(/^[\w.-]{1,128}$/) }),
  describe: ({ accessor }) => `revoke the Vault token with accessor ${accessor}, its child tokens and its leases`,
  knownAs: ({ accessor }) => ({ key: 'vault_accessor', value: accessor }),
  keep: keepToken,
  prepare: (server, { accessor }) => ({
    isThere: async () => !isUnknownAccessor(await callAccessor(server, 'lookup-accessor', accessor)),
    async revoke() {
      // Also 200 with a warning, for an accessor that Vault doesn't know: the read-back decides.
      await callAccessor(server, 'revoke-accessor', accessor);
    },
    async verify() {
      const answer = await callAccessor(server, 'lookup-accessor', accessor);
      if (isUnknownAccessor(answer)) return { dead: true, proof: 'Vault knows no token with this accessor any more' };
      return { dead: false, proof: `Vault still knows the token (lookup-accessor answered ${answer.status})` };
    },
  }),
});

/** A 400 "invalid accessor" is an answer: Vault has no such token. */
export const isUnknownAccessor = saysThat(400, 'invalid accessor');

export const callAccessor = (server: VaultServer, path: string, accessor: string): Promise<HttpAnswer> =>
  callVault(server, { method: 'POST', path: `auth/token/${path}`, body: { accessor }, accepts: isUnknownAccessor });
