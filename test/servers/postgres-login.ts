import pg from 'pg';
import type { PostgresServer } from './postgres.ts';

/** Whether the server lets the role in with this password. */
export async function logsIn(server: PostgresServer, role: string, password = ''): Promise<boolean> {
  const client = new pg.Client({ connectionString: server.urlFor(role, password) });
  try {
    await client.connect();
    return true;
  } catch {
    return false; // refused
  } finally {
    await client.end();
  }
}
