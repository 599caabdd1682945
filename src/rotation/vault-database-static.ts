import { z } from 'zod';
import { secretSchema } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import { readJson } from '../http.ts';
import type { Notes } from '../response/action.ts';
import { loginRefused } from '../revokers/postgres-client.ts';
import { endPostgresSessions } from '../revokers/postgres-sessions.ts';
import { nameSchema, pathSchema, vaultSettings } from '../revokers/vault-settings.ts';
import { callVault, type VaultServer, vaultPath } from '../vault.ts';
import { defineRotator } from './rotator.ts';

const postgresSchema = z.object({ url: secretSchema });
const credentialsSchema = z.object({
  data: z.object({ username: z.string(), password: z.string(), last_vault_rotation: z.string() }),
});

/**
 * Lets Vault give a static role of its database engine a new password. Vault itself keeps the old one until the database has taken the new
 * one (a write-ahead log), and hands out whichever is right.
 * https://developer.hashicorp.com/vault/api-docs/secret/databases#rotate-static-role-credentials
 *
 *     path "database/rotate-role/billing"  { capabilities = ["update"] }
 *     path "database/static-creds/billing" { capabilities = ["read"] }
 */
export const vaultDatabaseStatic = defineRotator({
  id: 'vault-database-static',
  title: "Static role of Vault's database engine",
  proof: 'the time of its last rotation moves on; with `login: postgres` also a login with the new password',
  meanwhile: 'open sessions go on; agents read the new password from Vault at their next login',
  needs: 'for `revokers.vault` update on `database/rotate-role/ROLE` and read on `database/static-creds/ROLE`',
  testedAgainst: 'Vault 1.19 with PostgreSQL 15',
  specSchema: z.strictObject({
    with: z.literal('vault-database-static'),
    role: nameSchema,
    mount: pathSchema.default('database'),
    /** The revoker at whose server the new password is tried. */
    login: z.literal('postgres').optional(),
  }),
  tuning: ['login'],
  describe: ({ role, mount }) => `let Vault rotate the password of its static role ${mount}/${role}`,
  accounts: ({ login }) => (login === undefined ? ['vault'] : ['vault', login]),
  prepare(settings, { role, mount, login }) {
    const server = vaultSettings.parse(settings.vault);
    const at = { server, mount, role };
    const url = login && postgresSchema.parse(settings[login]).url;
    return {
      ...(url && {
        endSessions: async (notes: Notes) => endPostgresSessions(url, (await credentialsOf(at)).username, notes),
      }),
      async rotate(notes) {
        const before = notes.get('before') ?? (await credentialsOf(at)).last_vault_rotation;
        await notes.keep('before', before);
        // A process that ended in the middle may have made the call.
        if ((await credentialsOf(at)).last_vault_rotation === before)
          await callVault(server, { method: 'POST', path: vaultPath(mount, 'rotate-role', role) });
        const { username, password, last_vault_rotation: after } = await credentialsOf(at);
        if (after === before) throw new CallError(`Vault still says that ${role} was rotated at ${before}`, true);
        const proof = `Vault rotated it at ${after}`;
        if (url === undefined) return proof;
        const refused = await loginRefused(url, username, password);
        if (refused !== undefined) throw new CallError(`${proof}, but the password is refused: ${refused}`, false);
        return `${proof}, and the new password logs in`;
      },
    };
  },
});

interface StaticRole {
  readonly server: VaultServer;
  readonly mount: string;
  readonly role: string;
}

async function credentialsOf({ server, mount, role }: StaticRole): Promise<z.infer<typeof credentialsSchema>['data']> {
  const answer = await callVault(server, { method: 'GET', path: vaultPath(mount, 'static-creds', role) });
  const said = readJson(answer.text, credentialsSchema);
  if (said === undefined) throw new CallError(`Vault's answer about the static role ${role} has another form`, false);
  return said.data;
}
