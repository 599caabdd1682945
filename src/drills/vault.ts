import { z } from 'zod';
import { CallError } from '../errors.ts';
import { readJson } from '../http.ts';
import { callAccessor } from '../revokers/vault.ts';
import { vaultSettings } from '../revokers/vault-settings.ts';
import { callVault, saysThat, type VaultServer } from '../vault.ts';
import { type Canary, defineDrill } from './drill-kind.ts';

const createdSchema = z.object({ auth: z.object({ client_token: z.string().min(1), accessor: z.string().min(1) }) });
const isRefused = saysThat(403, 'permission denied');

/**
 * A child of Wayward's own token that may do nothing but look at itself, and expires by itself: so nothing is ever left to be cleaned up.
 * https://developer.hashicorp.com/vault/api-docs/auth/token#create-token, …#lookup-a-token-self
 *
 *     path "auth/token/create" {
 *       capabilities       = ["update"]
 *       allowed_parameters = { "policies" = [["default"]], "ttl" = [], "explicit_max_ttl" = [], "renewable" = [false], "display_name" = [] }
 *     }
 */
export const vault = defineDrill({
  id: 'vault',
  title: 'Vault token with the policy `default` and nothing else',
  proof: 'its look at itself (`auth/token/lookup-self`) is answered with 403',
  needs: 'update on `auth/token/create`, and the policy `default`',
  settings: vaultSettings,
  fields: {},
  issuer: (server) => ({
    async create(name, expiresAt) {
      const ttl = `${Math.max(1, Math.ceil((expiresAt - Date.now()) / 1000))}s`;
      const wanted = { policies: ['default'], ttl, explicit_max_ttl: ttl, renewable: false, display_name: name };
      const answer = await callVault(server, { method: 'POST', path: 'auth/token/create', body: wanted });
      const created = readJson(answer.text, createdSchema);
      if (created === undefined) throw new CallError('Vault answered auth/token/create without a token', false);
      return canaryOf(server, created.auth.client_token, created.auth.accessor);
    },
    removeLeft: async () => 0,
  }),
});

function canaryOf(server: VaultServer, token: string, accessor: string): Canary {
  const asCanary = { ...server, token: { reveal: () => token } };
  const lookAtSelf = { method: 'GET', path: 'auth/token/lookup-self' } as const;
  return {
    kind: 'vault-token',
    revoke: { with: 'vault', accessor },
    async use() {
      await callVault(asCanary, lookAtSelf);
    },
    async refused() {
      const answer = await callVault(asCanary, { ...lookAtSelf, accepts: isRefused });
      if (!isRefused(answer)) throw new CallError('the token still works: lookup-self answered it', false);
      return 'lookup-self was answered with 403';
    },
    async remove() {
      await callAccessor(server, 'revoke-accessor', accessor);
    },
  };
}
