import { z } from 'zod';
import { CallError } from '../errors.ts';
import { readJson } from '../http.ts';
import { callVault, saysThat, type VaultServer, vaultPath } from '../vault.ts';
import { defineRevoker } from './revoker.ts';
import { entitySchema, vaultSettings } from './vault-settings.ts';

/**
 * Disables an identity entity: Vault then refuses each of its tokens and logins, until it is enabled again. The tokens
 * are refused, not revoked, so that this can be undone. `allowed_parameters` keeps Wayward's account from giving the
 * entity other policies.
 * https://developer.hashicorp.com/vault/api-docs/secret/identity/entity#update-entity-by-id
 *
 *     path "identity/entity/id/ID" {
 *       capabilities       = ["read", "update"]
 *       allowed_parameters = { "disabled" = [] }
 *     }
 */
export const vaultEntity = defineRevoker({
  id: 'vault-entity',
  settingsOf: 'vault',
  title: 'HashiCorp Vault entity, disabled',
  reversible: true,
  undo: 'vault write identity/entity/id/ID disabled=false',
  cannotStop:
    'what its leases gave out already (database users, cloud keys), and tokens that belong to no entity, such as those that root made',
  needs: 'a token whose policy allows read and update on identity/entity/id/ID, with "disabled" as the only parameter',
  testedAgainst: 'Vault 1.19',
  settingsSchema: vaultSettings,
  specSchema: z.strictObject({ with: z.literal('vault-entity'), entity: entitySchema }),
  describe: ({ entity }) => `disable the Vault entity ${entity}, so that its tokens and logins are refused`,
  prepare: (server, { entity }) => ({
    revoke: () => setDisabled(server, entity, true),
    restore: () => setDisabled(server, entity, false),
    async verify() {
      const disabled = await isDisabled(server, entity);
      return {
        dead: disabled,
        alive: !disabled,
        proof: `Vault says that the entity is ${disabled ? 'dis' : 'en'}abled`,
      };
    },
  }),
});

const explainFor = (entity: string) => (answer: { readonly status: number; readonly text: string }) =>
  saysThat(400, 'entity not found')(answer) || answer.status === 404
    ? new CallError(`Vault has no entity ${entity} (404 or not found): check the registry and the namespace`, false)
    : undefined;

async function setDisabled(server: VaultServer, entity: string, disabled: boolean): Promise<void> {
  await callVault(server, { ...entityCall(entity), method: 'POST', body: { disabled } });
}

const answerSchema = z.object({ data: z.object({ disabled: z.boolean() }) });

async function isDisabled(server: VaultServer, entity: string): Promise<boolean> {
  const answer = readJson((await callVault(server, { ...entityCall(entity), method: 'GET' })).text, answerSchema);
  if (answer === undefined) throw new CallError('Vault did not say whether the entity is disabled', true);
  return answer.data.disabled;
}

const entityCall = (entity: string) => ({ path: vaultPath('identity/entity/id', entity), explain: explainFor(entity) });
