import { awsAccessKey } from './aws-access-key.ts';
import { awsSecretsManager } from './aws-secrets-manager.ts';
import { mariadbPassword } from './mariadb-password.ts';
import { postgresPassword } from './postgres-password.ts';
import type { Rotator } from './rotator.ts';
import { vaultDatabaseRoot } from './vault-database-root.ts';
import { vaultDatabaseStatic } from './vault-database-static.ts';

/** Every rotator there is, by its `with:`. A new one is its file and one line here. */
export const ROTATORS: readonly Rotator[] = [
  postgresPassword,
  mariadbPassword,
  vaultDatabaseStatic,
  vaultDatabaseRoot,
  awsAccessKey,
  awsSecretsManager,
];
