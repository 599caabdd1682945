import { z } from 'zod';
import { CallError } from '../errors.ts';
import type { HttpAnswer } from '../http.ts';
import { callVault, saysThat } from '../vault.ts';
import { defineRevoker } from './revoker.ts';
import { pathSchema, vaultSettings } from './vault-settings.ts';

/**
 * Ends one lease: what Vault made under it (a database user, a cloud key) is removed before the call returns.
 * https://developer.hashicorp.com/vault/api-docs/system/leases#revoke-lease
 *
 *     path "sys/leases/revoke" { capabilities = ["update"] }
 *     path "sys/leases/lookup" { capabilities = ["update"] }
 */
export const vaultLease = defineRevoker({
  id: 'vault-lease',
  settingsOf: 'vault',
  title: 'HashiCorp Vault lease',
  reversible: false,
  undo: 'none: the agent asks Vault for a new one',
  cannotStop:
    'a new lease for whoever may still read its path, and live sessions where revocation_statements do not end them',
  locksOut: false,
  needs: 'a token whose policy allows update on sys/leases/revoke and sys/leases/lookup',
  testedAgainst: 'Vault 1.19 with PostgreSQL 15',
  settingsSchema: vaultSettings,
  specSchema: z.strictObject({ with: z.literal('vault-lease'), lease: pathSchema }),
  describe: ({ lease }) => `revoke the Vault lease ${lease}, and with it what Vault made under it`,
  prepare(server, { lease }) {
    const lookUp = (): Promise<HttpAnswer> =>
      callVault(server, {
        method: 'POST',
        path: 'sys/leases/lookup',
        body: { lease_id: lease },
        accepts: isUnknown,
      });
    return {
      isThere: async () => !isUnknown(await lookUp()),
      async revoke() {
        await callVault(server, {
          method: 'POST',
          path: 'sys/leases/revoke',
          body: { lease_id: lease, sync: true },
          explain: explainBackend,
        });
      },
      async verify() {
        const answer = await lookUp();
        if (isUnknown(answer)) return { dead: true, proof: 'Vault knows no such lease any more' };
        return { dead: false, proof: `Vault still knows the lease (lookup answered ${answer.status})` };
      },
    };
  },
});

const isUnknown = saysThat(400, 'invalid lease');

/** The database, say, could not be reached: Vault answers 400, keeps the lease, and a later call may get through. */
export function explainBackend(answer: HttpAnswer): CallError | undefined {
  if (!saysThat(400, 'failed to revoke')(answer)) return undefined;
  return new CallError('Vault could not reach, or was refused by, what the lease is for; its log says why', true);
}
