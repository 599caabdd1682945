import pg from 'pg';
import type { PostgresServer } from '../servers/postgres.ts';

/** From PostgreSQL 16 on whoever manages a role needs ADMIN OPTION on it, as docs/issuers.md says; before, CREATEROLE is enough. */
export async function letManage({ query }: PostgresServer, role: string, responder: string): Promise<void> {
  const { rows } = await query("SELECT current_setting('server_version_num')::int >= 160000 AS needed");
  if (rows[0].needed) await query(`GRANT ${pg.escapeIdentifier(role)} TO ${responder} WITH ADMIN OPTION`);
}
