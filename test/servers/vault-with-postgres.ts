import { type PostgresServer, startPostgres } from './postgres.ts';
import { startTogether } from './start-together.ts';
import { startVault } from './vault.ts';
import type { VaultServer } from './vault-client.ts';

export interface VaultWithPostgres {
  /** Has the plugin for PostgreSQL. */
  readonly vault: VaultServer;
  readonly postgres: PostgresServer;
  stop(): Promise<void>;
}

/** The start of each, for `startTogether`. */
export const VAULT_WITH_POSTGRES = {
  postgres: startPostgres,
  vault: () => startVault({ withPostgresPlugin: true }),
};

export const startVaultWithPostgres = (): Promise<VaultWithPostgres> => startTogether(VAULT_WITH_POSTGRES);
