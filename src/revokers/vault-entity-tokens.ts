import { z } from 'zod';
import { CallError } from '../errors.ts';
import { readJson } from '../http.ts';
import { listKeys, type VaultServer } from '../vault.ts';
import { BEGIN_WITHIN_MS, forEachWithin } from './for-each-within.ts';
import { defineRevoker } from './revoker.ts';
import { callAccessor, isUnknownAccessor } from './vault.ts';
import { entitySchema, vaultSettings } from './vault-settings.ts';

/** About 150,000 tokens. */
const MAX_LIST_BYTES = 4 * 1024 * 1024;

/**
 * Ends every token of an identity entity, with its leases. Vault has no call for it: this lists all accessors, looks
 * each one up, and revokes those of the entity. Disable the entity first (`vault-entity`), else it logs in again.
 * https://developer.hashicorp.com/vault/api-docs/auth/token#list-accessors
 *
 *     path "auth/token/accessors/"      { capabilities = ["list", "sudo"] }
 *     path "auth/token/lookup-accessor" { capabilities = ["update"] }
 *     path "auth/token/revoke-accessor" { capabilities = ["update"] }
 */
export const vaultEntityTokens = defineRevoker({
  id: 'vault-entity-tokens',
  settingsOf: 'vault',
  title: 'HashiCorp Vault tokens of an entity',
  reversible: false,
  undo: 'none: the agent logs in to Vault again and gets a new token',
  cannotStop:
    'a new login of the entity (disable it, or destroy its secret ids), and batch tokens, which have no accessor',
  locksOut: false,
  needs:
    'a token whose policy allows list and sudo on auth/token/accessors/, and update on auth/token/lookup-accessor and auth/token/revoke-accessor',
  testedAgainst: 'Vault 1.19',
  settingsSchema: vaultSettings,
  specSchema: z.strictObject({ with: z.literal('vault-entity-tokens'), entity: entitySchema }),
  describe: ({ entity }) => `revoke every token of the Vault entity ${entity}, with child tokens and leases`,
  prepare: (server, { entity }) => ({
    isThere: async () => (await tokensOf(server, entity)).own > 0,
    async revoke() {
      const deadline = Date.now() + BEGIN_WITHIN_MS;
      await forEachToken(server, deadline, async (accessor) => {
        if ((await entityOf(server, accessor)) === entity) await callAccessor(server, 'revoke-accessor', accessor);
      });
    },
    async verify() {
      const { own, all } = await tokensOf(server, entity);
      return { dead: own === 0, proof: `tokens of the entity, of ${all} that Vault lists: ${own}` };
    },
  }),
});

/** How many tokens the entity has, of all that there are. */
async function tokensOf(server: VaultServer, entity: string): Promise<{ readonly own: number; readonly all: number }> {
  let own = 0;
  const all = await forEachToken(server, Date.now() + BEGIN_WITHIN_MS, async (accessor) => {
    if ((await entityOf(server, accessor)) === entity) own++;
  });
  return { own, all };
}

/** How many tokens there were. */
async function forEachToken(
  server: VaultServer,
  deadline: number,
  work: (accessor: string) => Promise<void>,
): Promise<number> {
  const accessors = await listKeys(server, 'auth/token/accessors/', { maxBytes: MAX_LIST_BYTES });
  await forEachWithin(deadline, accessors, work);
  return accessors.length;
}

const tokenSchema = z.object({ data: z.object({ entity_id: z.string() }) });

/** Of a token that is gone by now: none. */
async function entityOf(server: VaultServer, accessor: string): Promise<string | undefined> {
  const answer = await callAccessor(server, 'lookup-accessor', accessor);
  if (isUnknownAccessor(answer)) return undefined;
  const token = readJson(answer.text, tokenSchema);
  if (token === undefined) throw new CallError('Vault did not say which entity a token belongs to', true);
  return token.data.entity_id;
}
