import type { Revoker } from '../response/action.ts';
import { command } from './command.ts';
import { envoy } from './envoy.ts';
import { mariadb } from './mariadb.ts';
import { nginx } from './nginx.ts';
import { oauth } from './oauth.ts';
import { postgres } from './postgres.ts';
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
  mariadb,
  vault,
  vaultSecretId,
  vaultEntity,
  vaultEntityTokens,
  vaultLease,
  vaultLeasePrefix,
  oauth,
  nginx,
  envoy,
  webhook,
  command,
];
