import { z } from 'zod';
import { CallError } from '../errors.ts';
import { type HttpAnswer, readJson } from '../http.ts';
import { nameSchema, pathSchema, vaultSettings } from '../revokers/vault-settings.ts';
import { callVault, vaultPath } from '../vault.ts';
import { defineRotator } from './rotator.ts';

const leaseSchema = z.object({ lease_id: z.string().min(1) });

/**
 * Lets Vault give its own user at a database a new password, which from then on only Vault knows. The proof is what that user is for: a
 * user that Vault makes with it, and drops at once.
 * https://developer.hashicorp.com/vault/api-docs/secret/databases#rotate-root-credentials
 *
 *     path "database/rotate-root/pg"    { capabilities = ["update"] }
 *     path "database/creds/billing-ro"  { capabilities = ["read"] }
 *     path "sys/leases/revoke"          { capabilities = ["update"] }
 */
export const vaultDatabaseRoot = defineRotator({
  id: 'vault-database-root',
  title: "Vault's own user at a database",
  proof: 'a user that Vault makes with it, and drops at once',
  meanwhile: 'nothing: only Vault uses it',
  needs:
    'for `revokers.vault` update on `database/rotate-root/CONNECTION` and `sys/leases/revoke`, and read on `database/creds/ROLE`',
  testedAgainst: 'Vault 1.19 with PostgreSQL 15',
  specSchema: z.strictObject({
    with: z.literal('vault-database-root'),
    connection: nameSchema,
    /** A role of that connection, of which a user is made as the proof. */
    role: nameSchema,
    mount: pathSchema.default('database'),
  }),
  tuning: ['role'],
  describe: ({ connection, mount }) => `let Vault rotate the password of its own user of ${mount}/config/${connection}`,
  accounts: () => ['vault'],
  prepare(settings, { connection, role, mount }) {
    const server = vaultSettings.parse(settings.vault);
    return {
      async rotate(notes) {
        if (notes.get('rotated') === undefined) {
          const path = vaultPath(mount, 'rotate-root', connection);
          await callVault(server, { method: 'POST', path, explain: unknownConnection(connection) });
          await notes.keep('rotated', 'yes');
        }
        const answer = await callVault(server, { method: 'GET', path: vaultPath(mount, 'creds', role) });
        const lease = readJson(answer.text, leaseSchema)?.lease_id;
        if (lease === undefined) throw new CallError(`Vault gave no user of the role ${role}`, true);
        await callVault(server, { method: 'POST', path: 'sys/leases/revoke', body: { lease_id: lease, sync: true } });
        return `Vault made a user of the role ${role} with it, and dropped that one`;
      },
    };
  },
});

/** Vault's 500 for it would be tried again and again. */
const unknownConnection = (connection: string) => (answer: HttpAnswer) =>
  answer.text.includes('failed to find entry for connection')
    ? new CallError(`Vault has no connection "${connection}": check the registry`, false)
    : undefined;
