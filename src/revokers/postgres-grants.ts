import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import type { Secret } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import type { Verification } from '../response/action.ts';
import { grantsTo, leaving, membershipsOf, revoking } from './postgres-acl.ts';
import { postgresSettings, sqlState, withPostgres } from './postgres-client.ts';
import { endSessions, noRole, type Role, roleSchema, roleToRevoke } from './postgres-role.ts';
import { defineRevoker } from './revoker.ts';

/** A backend that is told to end needs a moment, more under load. */
const SESSIONS_END_WITHIN_MS = 3_000;
/** Names of an error or a proof; the rest is counted. */
const MAX_NAMED = 5;

/**
 * Takes away what a role was granted by its name, in every database of the server, and its memberships, then ends its sessions, since
 * one that has done SET ROLE stays what it became. The server itself says in which databases (`pg_shdepend`), and that nothing is left.
 * Privileges are those of their grantor, so that each is taken back as that one. The statements name what they take: whoever wants to
 * give it back finds it in the server's log.
 * https://www.postgresql.org/docs/current/sql-revoke.html, …/catalog-pg-shdepend.html
 */
export const postgresGrants = defineRevoker({
  id: 'postgres-grants',
  settingsOf: 'postgres',
  title: 'PostgreSQL role, its grants and memberships',
  reversible: false,
  undo: 'GRANT again what the REVOKE statements in the log of the server name',
  cannotStop:
    'logins, what PUBLIC may, and what the role owns or may as SUPERUSER, CREATEROLE or REPLICATION: then it takes what it can and ends as failed; others lose what the role passed on to them by a grant option',
  locksOut: false,
  needs:
    'a superuser, or a role with CREATEROLE, membership of pg_signal_backend and of each role that grants to agents (as a rule the owners of tables; from PostgreSQL 16 also whoever made them members of others), and CONNECT on each database',
  testedAgainst: 'PostgreSQL 15',
  settingsSchema: postgresSettings,
  specSchema: z.strictObject({ with: z.literal('postgres-grants'), role: roleSchema }),
  describe: ({ role }) =>
    `take from PostgreSQL role ${pg.escapeIdentifier(role)} every grant and membership, in all databases, and end its sessions`,
  prepare: ({ url }, { role }) => ({
    revoke: () => takeAway(url, role),
    verify: () => withPostgres(url, (client) => readBack(client, role)),
  }),
});

async function takeAway(url: Secret, role: string): Promise<void> {
  const left: string[] = [];
  const { elsewhere } = await withPostgres(url, async (client) => standingOf(client, await roleToRevoke(client, role)));
  for (const database of elsewhere)
    await withPostgres(url, async (client) => left.push(...(await takeIn(client, role))), database);
  const after = await withPostgres(url, async (client) => {
    left.push(...(await takeIn(client, role)));
    await leaveAll(client, role, left);
    return standingOf(client, await roleToRevoke(client, role));
  });
  if (left.length > 0) throw new CallError(`what others granted stays: ${someOf([...new Set(left)])}`, false);
  if (after.beyond.length > 0)
    throw new CallError(`its grants are taken, but no REVOKE limits what it ${after.beyond.join(' and ')}`, false);
}

/** Takes what one database, and the server as a whole, granted: all of it or nothing. Returns what we may not take. */
async function takeIn(client: pg.Client, role: string): Promise<string[]> {
  const [found, version] = [await roleToRevoke(client, role), await versionOf(client)];
  await endSessions(client, found);
  const grants = await grantsTo(client, found.oid, version);
  await client.query('BEGIN');
  for (const grant of grants.filter(({ mayAct }) => mayAct)) {
    await client.query(`SET LOCAL ROLE ${pg.escapeIdentifier(grant.grantor)}`);
    await unlessGone(client, revoking(grant, role));
  }
  await client.query('COMMIT');
  return grants
    .filter(({ mayAct }) => !mayAct)
    .map(({ on, grantor }) => `${on} by ${pg.escapeIdentifier(grantor)} (make Wayward's role a member of it)`);
}

/** SQLSTATE of a relation, function, type, schema or other object that is not there. */
const GONE: ReadonlySet<string | undefined> = new Set(['42P01', '42883', '42704', '3F000']);

/** Within a transaction: what somebody dropped since it was looked up holds up nothing else. The read-back counts anew. */
async function unlessGone(client: pg.Client, statement: string): Promise<void> {
  try {
    await client.query(`SAVEPOINT one; ${statement}`);
  } catch (error) {
    if (!GONE.has(sqlState(error))) throw error;
    await client.query('ROLLBACK TO SAVEPOINT one');
  }
}

async function leaveAll(client: pg.Client, role: string, left: string[]): Promise<void> {
  const [found, version] = [await roleToRevoke(client, role), await versionOf(client)];
  const memberships = await membershipsOf(client, found.oid, version);
  await client.query('BEGIN');
  for (const membership of memberships.filter(({ mayAct }) => mayAct))
    await client.query(leaving(membership, role, version));
  // Before the end and after it: should we be killed in between, no session is left that became another role long ago.
  await endSessions(client, found);
  await client.query('COMMIT');
  left.push(
    ...memberships
      .filter(({ mayAct }) => !mayAct)
      .map(({ group, grantor }) => `membership of ${pg.escapeIdentifier(group)} by ${pg.escapeIdentifier(grantor)}`),
  );
  await endOldSessions(client, found);
}

/** Those that are there now; whoever logs in anew has nothing of what was taken. */
async function endOldSessions(client: pg.Client, role: Role): Promise<void> {
  const deadline = Date.now() + SESSIONS_END_WITHIN_MS;
  const { rows } = await client.query('SELECT pid FROM pg_stat_activity WHERE usesysid = $1', [role.oid]);
  await endSessions(client, role);
  const old = rows.map(({ pid }) => pid);
  for (;;) {
    const { rowCount } = await client.query('SELECT FROM pg_stat_activity WHERE usesysid = $1 AND pid = ANY($2)', [
      role.oid,
      old,
    ]);
    if (rowCount === 0) return;
    if (Date.now() > deadline) throw new CallError(`${rowCount} of its sessions did not end yet`, true);
    await sleep(20);
  }
}

async function versionOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query("SELECT current_setting('server_version_num')::int AS version");
  return rows[0].version;
}

/** What a role has on the whole server, as the catalogues that all its databases share have it. */
interface Standing {
  /** Objects, in all databases, that were granted to it by its name. */
  readonly grants: number;
  readonly memberships: number;
  /** Databases with such grants, besides the one that we are in. */
  readonly elsewhere: readonly string[];
  /** What it may whatever is revoked, in words that follow "it". */
  readonly beyond: readonly string[];
}

async function standingOf(client: pg.Client, { oid }: Pick<Role, 'oid'>): Promise<Standing> {
  const { rows } = await client.query(
    `SELECT count(*) FILTER (WHERE deptype = 'a')::int AS grants,
       count(*) FILTER (WHERE deptype = 'o' AND classid <> 'pg_default_acl'::regclass)::int AS owned,
       (SELECT count(*)::int FROM pg_auth_members WHERE member = $1) AS memberships,
       array_remove(array_agg(DISTINCT datname::text) FILTER (WHERE deptype = 'a' AND datname <> current_database()), NULL) AS elsewhere,
       (SELECT array_remove(ARRAY[CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
         CASE WHEN rolreplication THEN 'REPLICATION' END], NULL) FROM pg_roles WHERE oid = $1) AS attributes
     FROM pg_shdepend LEFT JOIN pg_database ON pg_database.oid = dbid
     WHERE refclassid = 'pg_authid'::regclass AND refobjid = $1`,
    [oid],
  );
  const { grants, owned, memberships, elsewhere, attributes } = rows[0];
  const beyond = [
    ...(owned > 0 ? [`owns (${owned} objects)`] : []),
    ...(attributes.length > 0 ? [`may as ${attributes.join(', ')}`] : []),
  ];
  return { grants, memberships, elsewhere: elsewhere ?? [], beyond };
}

async function readBack(client: pg.Client, role: string): Promise<Verification> {
  const { rows: roles } = await client.query('SELECT oid FROM pg_roles WHERE rolname = $1', [role]);
  const found: { oid: number } | undefined = roles[0];
  if (found === undefined) return { dead: false, proof: noRole(role) };
  const { grants, memberships, beyond } = await standingOf(client, found);
  const { rows } = await client.query(READABLE, [found.oid]);
  const { database, readable } = rows[0];
  const dead = grants === 0 && memberships === 0 && beyond.length === 0;
  const held = `role ${pg.escapeIdentifier(role)} has grants on ${grants} objects of the server, and ${memberships} memberships`;
  const more = beyond.length === 0 ? '' : `; no REVOKE limits what it ${beyond.join(' and ')}`;
  return { dead, proof: `${held}${more}; tables of ${database} that it may still read: ${readable}` };
}

/** What is left to it where we are, whatever it comes from. */
const READABLE = `SELECT quote_ident(current_database()) AS database, count(*)::int AS readable
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE relkind IN ('r', 'v', 'm', 'f', 'p') AND nspname <> 'information_schema' AND nspname !~ '^pg_'
    AND has_schema_privilege($1::oid, relnamespace, 'USAGE') AND has_table_privilege($1::oid, pg_class.oid, 'SELECT')`;

const someOf = (names: readonly string[]): string =>
  names.slice(0, MAX_NAMED).join(', ') + (names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '');
