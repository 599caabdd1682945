import pg from 'pg';
import { quoted } from '../revokers/mariadb-accounts.ts';

interface Kept {
  readonly secret: { readonly reference: string };
}

/** As `revokers/earlier-sentences.ts`, of rotators. */
const SENTENCES: Readonly<Record<string, (spec: never) => string>> = {
  'aws-access-key': ({ user, secret }: Kept & { user: string }) =>
    `give the AWS user ${user} a new access key, kept in ${secret.reference}`,
  'aws-secrets-manager': ({ secret_id }: { secret_id: string }) =>
    `let AWS Secrets Manager rotate the secret ${secret_id}`,
  'mariadb-password': ({ user, secret }: Kept & { user: string }) =>
    `give MariaDB user ${quoted(user)}, at each host where it has the password of ${secret.reference}, a new one, kept there`,
  'postgres-password': ({ role, secret }: Kept & { role: string }) =>
    `give PostgreSQL role ${pg.escapeIdentifier(role)} a new password, kept in ${secret.reference}`,
  'vault-database-root': ({ connection, mount }: { connection: string; mount: string }) =>
    `let Vault rotate the password of its own user of ${mount}/config/${connection}`,
  'vault-database-static': ({ role, mount }: { role: string; mount: string }) =>
    `let Vault rotate the password of its static role ${mount}/${role}`,
};

/** The sentence that a checked spec of this rotator had; undefined where there was no such rotator. */
export const earlierSentence = (rotator: string, spec: unknown): string | undefined =>
  SENTENCES[rotator]?.(spec as never);
