import { type PostgresServer, startPostgres } from './postgres.ts';
import { startTogether } from './start-together.ts';
import { startVault, type VaultServer } from './vault.ts';

export interface VaultWithPostgres {
  /** Has the plugin for PostgreSQL. */
  readonly vault: VaultServer;
  readonly postgres: PostgresServer;
  stop(): Promise<void>;
}

export const startVaultWithPostgres = (): Promise<VaultWithPostgres> =>
  startTogether({ postgres: startPostgres, vault: () => startVault({ withPostgresPlugin: true }) });
