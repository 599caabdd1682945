import { awsAccessKey, awsAccessKeyDelete } from './aws-access-key.ts';
import type { DrillKind } from './drill-kind.ts';
import { envoy } from './envoy.ts';
import { gcpServiceAccountKey } from './gcp-service-account-key.ts';
import { mariadb } from './mariadb.ts';
import { nginx } from './nginx.ts';
import { oauth } from './oauth.ts';
import { postgres } from './postgres.ts';
import { vault } from './vault.ts';

/** Every kind of drill, by the revoker that it exercises. A new one is its file and one line here. */
export const DRILL_KINDS: readonly DrillKind[] = [
  postgres,
  mariadb,
  vault,
  oauth,
  awsAccessKey,
  awsAccessKeyDelete,
  gcpServiceAccountKey,
  nginx,
  envoy,
];
