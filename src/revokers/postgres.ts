import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import type { Verification } from '../response/action.ts';
import { postgresSettings, withPostgres } from './postgres-client.ts';
import { endSessions, knownRole, noRole, roleSchema, roleToRevoke } from './postgres-role.ts';
import { defineRevoker } from './revoker.ts';

/** A backend that is told to end needs a moment, more under load. */
const SESSIONS_END_WITHIN_MS = 3_000;

/**
 * Locks a role out and ends its sessions, once more after NOLOGIN, since it may have come back in between.
 * https://www.postgresql.org/docs/current/sql-alterrole.html, …/functions-admin.html#FUNCTIONS-ADMIN-SIGNAL
 */
export const postgres = defineRevoker({
  id: 'postgres',
  title: 'PostgreSQL role',
  reversible: true,
  undo: 'ALTER ROLE … LOGIN',
  cannotStop: 'prepared transactions of the role, and roles that it could SET ROLE to where another login may, too',
  needs: 'a role with CREATEROLE and membership of pg_signal_backend; from PostgreSQL 16 also ADMIN OPTION on the role',
  testedAgainst: 'PostgreSQL 15',
  settingsSchema: postgresSettings,
  specSchema: z.strictObject({
    with: z.literal('postgres'),
    role: roleSchema,
  }),
  describe: ({ role }) => `make PostgreSQL role ${pg.escapeIdentifier(role)} NOLOGIN and end its sessions`,
  prepare: ({ url }, { role }) => ({
    revoke: () => withPostgres(url, (client) => lockOut(client, role)),
    verify: () => withPostgres(url, (client) => readBack(client, role)),
    restore: () => withPostgres(url, (client) => letIn(client, role)),
  }),
});

async function letIn(client: pg.Client, role: string): Promise<void> {
  await knownRole(client, role);
  await client.query(`ALTER ROLE ${pg.escapeIdentifier(role)} LOGIN`);
}

async function lockOut(client: pg.Client, role: string): Promise<void> {
  const found = await roleToRevoke(client, role);
  await endSessions(client, found);
  await client.query(`ALTER ROLE ${pg.escapeIdentifier(role)} NOLOGIN`);
  await endSessions(client, found);
}

async function readBack(client: pg.Client, role: string): Promise<Verification> {
  const deadline = Date.now() + SESSIONS_END_WITHIN_MS;
  for (;;) {
    const { rows } = await client.query(
      `SELECT rolcanlogin AS "canLogin", (SELECT count(*)::int FROM pg_stat_activity WHERE usesysid = pg_roles.oid) AS sessions
       FROM pg_roles WHERE rolname = $1`,
      [role],
    );
    const state: { canLogin: boolean; sessions: number } | undefined = rows[0];
    if (state === undefined) return { dead: false, proof: noRole(role) };
    const dead = !state.canLogin && state.sessions === 0;
    if (!dead && !state.canLogin && Date.now() < deadline) {
      await sleep(20);
      continue;
    }
    const login = state.canLogin ? 'may still log in' : 'is NOLOGIN';
    return {
      dead,
      alive: state.canLogin,
      proof: `role ${pg.escapeIdentifier(role)} ${login}, sessions left: ${state.sessions}`,
    };
  }
}
