import pg from 'pg';
import type { Secret } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import type { Notes } from '../response/action.ts';
import { withPostgres } from './postgres-client.ts';

/** A backend that is told to end needs a moment, more under load. */
const WITHIN_MS = 3_000;

/**
 * Ends the sessions that a role has when this is first called, and those only, however often it is called: what is opened later is opened
 * with the new password. They are noted by process id, since their age is shown to few. From PostgreSQL 14 on.
 * https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SIGNAL
 * @throws CallError
 */
export const endPostgresSessions = (url: Secret, role: string, notes: Notes): Promise<string> =>
  withPostgres(url, async (client) => {
    const noted = notes.get(SESSIONS);
    const pids = noted === undefined ? await pidsOf(client, role) : noted.split(' ').filter(Boolean).map(Number);
    if (noted === undefined) await notes.keep(SESSIONS, pids.join(' '));
    const among = (what: string) => client.query(`SELECT ${what} ${FROM} AND pid = ANY($2)`, [role, pids]);
    await among('pg_terminate_backend(pid)'); // all of them first, so that they end beside each other
    await among(`pg_terminate_backend(pid, ${WITHIN_MS})`);
    const { rowCount } = await among('pid');
    if (rowCount !== 0) throw new CallError(`${rowCount} sessions have not ended yet`, true);
    return `of ${pids.length} sessions that role ${pg.escapeIdentifier(role)} had, none is left`;
  });

const SESSIONS = 'response: sessions';

const FROM = 'FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid()';

async function pidsOf(client: pg.Client, role: string): Promise<number[]> {
  const { rows } = await client.query<{ pid: number }>(`SELECT pid ${FROM}`, [role]);
  return rows.map(({ pid }) => pid);
}
