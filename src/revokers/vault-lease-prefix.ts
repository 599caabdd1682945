import { z } from 'zod';
import { callVault, listKeys, vaultPath } from '../vault.ts';
import { defineRevoker } from './revoker.ts';
import { explainBackend } from './vault-lease.ts';
import { pathSchema, vaultSettings } from './vault-settings.ts';

/**
 * Ends every lease below a path: all database users of a role (`database/creds/ROLE`), all tokens of a token role
 * (`auth/token/create/ROLE`). `ROLE` does not touch `ROLE-2`.
 * https://developer.hashicorp.com/vault/api-docs/system/leases#revoke-prefix
 *
 *     path "sys/leases/revoke-prefix/database/creds/billing-ro" { capabilities = ["update", "sudo"] }
 *     path "sys/leases/lookup/database/creds/billing-ro/"       { capabilities = ["list", "sudo"] }
 */
export const vaultLeasePrefix = defineRevoker({
  id: 'vault-lease-prefix',
  settingsOf: 'vault',
  title: 'HashiCorp Vault leases below a path',
  reversible: false,
  undo: 'none: the agents ask Vault for new ones',
  cannotStop:
    'a new lease for whoever may still read the path, live sessions where revocation_statements do not end them, and batch tokens',
  locksOut: false,
  needs:
    'a token whose policy allows update and sudo on sys/leases/revoke-prefix/PREFIX, and list and sudo on sys/leases/lookup/PREFIX/',
  testedAgainst: 'Vault 1.19 with PostgreSQL 15',
  settingsSchema: vaultSettings,
  specSchema: z.strictObject({
    with: z.literal('vault-lease-prefix'),
    prefix: pathSchema.refine(
      (prefix) => prefix.includes('/'),
      'is a whole mount, and would end the leases of all its roles; write the path of one, such as database/creds/billing-ro',
    ),
  }),
  describe: ({ prefix }) => `revoke every Vault lease below ${prefix}, and with them what Vault made under them`,
  prepare(server, { prefix }) {
    const leases = () => listKeys(server, `${vaultPath('sys/leases/lookup', prefix)}/`);
    return {
      isThere: async () => (await leases()).length > 0,
      async revoke() {
        const path = vaultPath('sys/leases/revoke-prefix', prefix);
        await callVault(server, { method: 'POST', path, body: { sync: true }, explain: explainBackend });
      },
      async verify() {
        const left = await leases();
        const dead = left.length === 0;
        return {
          dead,
          proof: dead ? `Vault lists no lease below ${prefix}` : `Vault still lists leases: ${left.length}`,
        };
      },
    };
  },
});
