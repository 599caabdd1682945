import { startAwsIssuer } from './aws.ts';
import { startEnvoyIssuer } from './envoy.ts';
import type { StartIssuer } from './issuer.ts';
import { startMariaDbIssuer } from './mariadb.ts';
import { startNginxIssuer } from './nginx.ts';
import { startOAuthIssuer } from './oauth.ts';
import { startPostgresIssuer } from './postgres.ts';
import { startRotationIssuer } from './rotation.ts';
import { startVaultIssuer } from './vault.ts';

/** Every issuer that is tried live. A new one is its file and one line here. */
export const LIVE_ISSUERS: Readonly<Record<string, StartIssuer>> = {
  vault: startVaultIssuer,
  postgres: startPostgresIssuer,
  rotation: startRotationIssuer,
  mariadb: startMariaDbIssuer,
  oauth: startOAuthIssuer,
  aws: startAwsIssuer,
  nginx: startNginxIssuer,
  envoy: startEnvoyIssuer,
};
