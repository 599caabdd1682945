import { type PostgresServer, startPostgres } from './postgres.ts';
import { startVault, type VaultServer } from './vault.ts';

export interface VaultWithPostgres {
  /** Has the plugin for PostgreSQL. */
  readonly vault: VaultServer;
  readonly postgres: PostgresServer;
  stop(): Promise<void>;
}

/** Both, or none of them. */
export async function startVaultWithPostgres(): Promise<VaultWithPostgres> {
  const postgres = await startPostgres();
  try {
    const vault = await startVault({ withPostgresPlugin: true });
    return { vault, postgres, stop: async () => void (await Promise.all([vault.stop(), postgres.stop()])) };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}
