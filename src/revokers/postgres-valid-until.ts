import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import { parseInstant } from '../config/instant.ts';
import type { Verification } from '../response/action.ts';
import { postgresSettings, withPostgres } from './postgres-client.ts';
import { endSessions, knownRole, noRole, roleSchema, roleToRevoke } from './postgres-role.ts';
import { defineRevoker } from './revoker.ts';

/** A backend that is told to end needs a moment, more under load. */
const SESSIONS_END_WITHIN_MS = 3_000;

const FOR_EVER = 'infinity';

/**
 * Lets a role's password expire now, and ends its sessions. It stops logins by password only. What it was valid until before is kept
 * nowhere: where the registry says it (`restore_to`), Wayward puts it back.
 * https://www.postgresql.org/docs/current/sql-alterrole.html
 */
export const postgresValidUntil = defineRevoker({
  id: 'postgres-valid-until',
  settingsOf: 'postgres',
  title: 'PostgreSQL role, its password expired',
  reversible: false,
  reversibleWith: (_settings, { restore_to }) => restore_to !== undefined,
  undo: 'ALTER ROLE … VALID UNTIL what it was before; wayward restore where restore_to: says it',
  cannotStop:
    'logins by anything but a password (peer, certificate, GSSAPI, trust), and what the role holds: with `postgres` it is locked out whatever it proves itself by',
  needs: 'a role with CREATEROLE and membership of pg_signal_backend; from PostgreSQL 16 also ADMIN OPTION on the role',
  testedAgainst: 'PostgreSQL 15',
  settingsSchema: postgresSettings,
  specSchema: z.strictObject({
    with: z.literal('postgres-valid-until'),
    role: roleSchema,
    /** What it is valid until when all is well. */
    restore_to: z
      .string()
      .refine(
        (text) => text === FOR_EVER || parseInstant(text) !== undefined,
        `is neither ${FOR_EVER} nor a time with its zone, such as 2027-09-01T00:00:00Z`,
      )
      .optional(),
  }),
  tuning: ['restore_to'],
  describe: ({ role }) =>
    `let the password of PostgreSQL role ${pg.escapeIdentifier(role)} expire now and end its sessions`,
  prepare: ({ url }, { role, restore_to: before }) => ({
    revoke: () => withPostgres(url, (client) => expire(client, role)),
    verify: () => withPostgres(url, (client) => readBack(client, role)),
    ...(before !== undefined && { restore: () => withPostgres(url, (client) => putBack(client, role, before)) }),
  }),
});

async function expire(client: pg.Client, role: string): Promise<void> {
  const found = await roleToRevoke(client, role);
  await endSessions(client, found);
  const { rows } = await client.query(
    "SELECT now()::text AS now FROM pg_roles WHERE oid = $1 AND coalesce(rolvaliduntil, 'infinity') > now()",
    [found.oid],
  );
  // What has expired before stays as it was.
  if (rows[0] !== undefined) await setUntil(client, role, rows[0].now);
  await endSessions(client, found);
}

async function putBack(client: pg.Client, role: string, until: string): Promise<void> {
  await knownRole(client, role);
  await setUntil(client, role, until);
}

async function setUntil(client: pg.Client, role: string, until: string): Promise<void> {
  await client.query(`ALTER ROLE ${pg.escapeIdentifier(role)} VALID UNTIL ${pg.escapeLiteral(until)}`);
}

async function readBack(client: pg.Client, role: string): Promise<Verification> {
  const deadline = Date.now() + SESSIONS_END_WITHIN_MS;
  for (;;) {
    const { rows } = await client.query(
      `SELECT coalesce(rolvaliduntil, 'infinity')::text AS until, coalesce(rolvaliduntil, 'infinity') < clock_timestamp() AS expired,
         (SELECT count(*)::int FROM pg_stat_activity WHERE usesysid = pg_roles.oid) AS sessions
       FROM pg_roles WHERE rolname = $1`,
      [role],
    );
    const state: { until: string; expired: boolean; sessions: number } | undefined = rows[0];
    if (state === undefined) return { dead: false, proof: noRole(role) };
    const { until, expired, sessions } = state;
    if (expired && sessions > 0 && Date.now() < deadline) {
      await sleep(20);
      continue;
    }
    return {
      dead: expired && sessions === 0,
      alive: !expired,
      proof: `the password of role ${pg.escapeIdentifier(role)} is valid until ${until}, sessions left: ${sessions}`,
    };
  }
}
