import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Secret } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import type { Notes } from '../response/action.ts';
import { withPostgres } from './postgres-client.ts';

/** A backend that is told to end needs a moment, more under load. */
const WITHIN_MS = 3_000;
const PAUSE_MS = 20;

/**
 * Ends the sessions that a role has when this is first called, and those only, however often it is called: what is opened later is opened
 * with the new password. They are noted by process id, since their age is shown to few.
 * https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SIGNAL
 * @throws CallError
 */
export const endPostgresSessions = (url: Secret, role: string, notes: Notes): Promise<string> =>
  withPostgres(url, async (client) => {
    const noted = notes.get(SESSIONS);
    const pids = noted === undefined ? await pidsOf(client, role) : noted.split(' ').filter(Boolean).map(Number);
    if (noted === undefined) await notes.keep(SESSIONS, pids.join(' '));
    const those = [role, pids];
    await client.query(`SELECT pg_terminate_backend(pid) ${FROM} AND pid = ANY($2)`, those);
    for (const deadline = performance.now() + WITHIN_MS; ; await sleep(PAUSE_MS)) {
      const { rowCount } = await client.query(`SELECT ${FROM} AND pid = ANY($2)`, those);
      if (rowCount === 0) return `of ${pids.length} sessions that role ${pg.escapeIdentifier(role)} had, none is left`;
      if (performance.now() > deadline) throw new CallError(`${rowCount} sessions have not ended yet`, true);
    }
  });

const SESSIONS = 'response: sessions';

const FROM = 'FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid()';

async function pidsOf(client: pg.Client, role: string): Promise<number[]> {
  const { rows } = await client.query<{ pid: number }>(`SELECT pid ${FROM}`, [role]);
  return rows.map(({ pid }) => pid);
}
