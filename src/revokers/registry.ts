import type { Revoker } from '../response/action.ts';
import { authensor } from './authensor.ts';
import { awsAccessKey } from './aws-access-key.ts';
import { awsAccessKeyDelete } from './aws-access-key-delete.ts';
import { awsDenyAll } from './aws-deny-all.ts';
import { awsRoleSessions } from './aws-role-sessions.ts';
import { command } from './command.ts';
import { envoy } from './envoy.ts';
import { gcpSecretVersion } from './gcp-secret-version.ts';
import { gcpServiceAccount } from './gcp-service-account.ts';
import { gcpServiceAccountKey } from './gcp-service-account-key.ts';
import { gcpServiceAccountKeyDelete } from './gcp-service-account-key-delete.ts';
import { mariadb } from './mariadb.ts';
import { mariadbGrants } from './mariadb-grants.ts';
import { nginx } from './nginx.ts';
import { oauth } from './oauth.ts';
import { postgres } from './postgres.ts';
import { postgresGrants } from './postgres-grants.ts';
import { postgresValidUntil } from './postgres-valid-until.ts';
import { rotation } from './rotation.ts';
import { vault } from './vault.ts';
import { vaultEntity } from './vault-entity.ts';
import { vaultEntityTokens } from './vault-entity-tokens.ts';
import { vaultLease } from './vault-lease.ts';
import { vaultLeasePrefix } from './vault-lease-prefix.ts';
import { vaultSecretId } from './vault-secret-id.ts';
import { webhook } from './webhook.ts';

/** Every revoker there is, by its `with:`. A new one is its file and one line here. */
export const REVOKERS: readonly Revoker[] = [
  postgres,
  postgresGrants,
  postgresValidUntil,
  mariadb,
  mariadbGrants,
  vault,
  vaultSecretId,
  vaultEntity,
  vaultEntityTokens,
  vaultLease,
  vaultLeasePrefix,
  awsAccessKey,
  awsAccessKeyDelete,
  awsDenyAll,
  awsRoleSessions,
  oauth,
  gcpServiceAccountKey,
  gcpServiceAccountKeyDelete,
  gcpServiceAccount,
  gcpSecretVersion,
  authensor,
  nginx,
  envoy,
  rotation,
  webhook,
  command,
];
