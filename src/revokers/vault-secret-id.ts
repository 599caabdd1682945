import { z } from 'zod';
import { CallError } from '../errors.ts';
import type { HttpAnswer } from '../http.ts';
import { callVault, listKeys, vaultPath } from '../vault.ts';
import { BEGIN_WITHIN_MS, forEachWithin } from './for-each-within.ts';
import { defineRevoker } from './revoker.ts';
import { nameSchema, pathSchema, vaultSettings } from './vault-settings.ts';

/**
 * Destroys a secret id of an AppRole by its accessor, or all of the role where none is named.
 * https://developer.hashicorp.com/vault/api-docs/auth/approle#destroy-approle-secret-id-accessor
 *
 *     path "auth/approle/role/billing/secret-id"                  { capabilities = ["list"] }
 *     path "auth/approle/role/billing/secret-id-accessor/lookup"  { capabilities = ["update"] }
 *     path "auth/approle/role/billing/secret-id-accessor/destroy" { capabilities = ["update"] }
 */
export const vaultSecretId = defineRevoker({
  id: 'vault-secret-id',
  settingsOf: 'vault',
  title: 'HashiCorp Vault AppRole secret id',
  reversible: false,
  undo: 'none: give the agent a new secret id',
  cannotStop:
    'tokens from earlier logins (revoke those too), a new secret id for whoever may make one, and logins where the role has bind_secret_id=false',
  locksOut: false,
  needs:
    'a token whose policy allows update on auth/approle/role/ROLE/secret-id-accessor/lookup and …/destroy, and list on …/secret-id',
  testedAgainst: 'Vault 1.19',
  settingsSchema: vaultSettings,
  specSchema: z.strictObject({
    with: z.literal('vault-secret-id'),
    role: nameSchema,
    /** All secret ids of the role where absent. */
    accessor: nameSchema.optional(),
    mount: pathSchema.default('approle'),
  }),
  describe: ({ role, accessor, mount }) =>
    accessor === undefined
      ? `destroy every secret id of the Vault AppRole ${role} at auth/${mount}`
      : `destroy the secret id with accessor ${accessor} of the Vault AppRole ${role} at auth/${mount}`,
  prepare(server, { role, accessor, mount }) {
    const at = vaultPath('auth', mount, 'role', role);
    const explain = (answer: HttpAnswer) =>
      /role .{1,300} does not exist/.test(answer.text)
        ? new CallError(`Vault has no AppRole ${role} at auth/${mount}: check the registry`, false)
        : undefined;
    const accessors = () => listKeys(server, `${at}/secret-id`, { explain });
    const call = (action: 'lookup' | 'destroy', id: string): Promise<HttpAnswer> =>
      callVault(server, {
        method: 'POST',
        path: `${at}/secret-id-accessor/${action}`,
        body: { secret_id_accessor: id },
        accepts: isUnknown,
        explain,
      });
    return {
      // Of all of a role: Vault refuses to list those of a role that it doesn't know.
      ...(accessor !== undefined && { isThere: async () => !isUnknown(await call('lookup', accessor)) }),
      async revoke() {
        const deadline = Date.now() + BEGIN_WITHIN_MS;
        const ids = accessor === undefined ? await accessors() : [accessor];
        await forEachWithin(deadline, ids, async (id) => void (await call('destroy', id)));
      },
      async verify() {
        if (accessor !== undefined) {
          const answer = await call('lookup', accessor);
          if (isUnknown(answer)) return { dead: true, proof: 'Vault knows no secret id with this accessor any more' };
          return { dead: false, proof: `Vault still knows the secret id (lookup answered ${answer.status})` };
        }
        const left = (await accessors()).length;
        return { dead: left === 0, proof: `secret ids that Vault lists for the role: ${left}` };
      },
    };
  },
});

/** Vault answers a lookup with 404 and a destruction with 500; its text is the same. */
const isUnknown = ({ status, text }: HttpAnswer): boolean =>
  [404, 500].includes(status) && text.includes('failed to find accessor entry');
