import { z } from 'zod';
import type { Verification } from '../response/action.ts';
import {
  accountName,
  accountsOf,
  endSessions,
  knownAccountsOf,
  noUser,
  quoted,
  refuseOurs,
  userSchema,
} from './mariadb-accounts.ts';
import { type MariaDb, mariaDbSettings, withMariaDb } from './mariadb-client.ts';
import { defineRevoker } from './revoker.ts';

/** Names of a proof; the rest is counted. */
const MAX_NAMED = 5;

/**
 * Takes away what a user's accounts were granted, at every host, with roles and proxies, then ends its sessions, since those keep
 * privileges of the whole server, and the role that they have set, until their end.
 * https://mariadb.com/kb/en/revoke/, https://dev.mysql.com/doc/refman/8.4/en/revoke.html
 */
export const mariadbGrants = defineRevoker({
  id: 'mariadb-grants',
  settingsOf: 'mariadb',
  title: 'MariaDB or MySQL user, its grants and roles',
  reversible: false,
  undo: 'GRANT again: keep what SHOW GRANTS says of agents, since Wayward does not',
  cannotStop: 'logins, what PUBLIC may, and what routines and views of others do for whoever may still call them',
  locksOut: false,
  needs:
    "a user with CREATE USER, CONNECTION ADMIN and PROCESS, and SELECT on mysql.*, without which SHOW GRANTS shows nobody else's; for agents with proxies also PROXY ON ''@'%' with GRANT OPTION",
  testedAgainst: 'MariaDB 10.11; its MySQL side: no server',
  settingsSchema: mariaDbSettings,
  specSchema: z.strictObject({ with: z.literal('mariadb-grants'), user: userSchema }),
  describe: ({ user }) =>
    `take from MariaDB user ${quoted(user)} every grant and role, at every host, and end its sessions`,
  prepare: ({ url }, { user }) => ({
    revoke: () => withMariaDb(url, (server) => takeAway(server, user)),
    verify: () => withMariaDb(url, (server) => readBack(server, user)),
  }),
});

async function takeAway(server: MariaDb, user: string): Promise<void> {
  await refuseOurs(server, user);
  const accounts = (await knownAccountsOf(server, user)).map(({ host }) => accountName(user, host));
  // Before the end and after it: should we be killed in between, no session is left that got its rights long ago.
  await endSessions(server, user);
  await server.run(`REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${accounts.join(', ')}`);
  for (const row of await server.select(PROXIES, user)) await server.run(`REVOKE PROXY ON ${given(row)}`);
  if (server.dialect === 'mysql')
    for (const row of await server.select(MYSQL_ROLES, user)) await server.run(`REVOKE ${given(row)}`);
  await endSessions(server, user);
}

/** What REVOKE ALL leaves: proxies, and in MySQL roles. */
const PROXIES = `SELECT Proxied_user AS of_user, Proxied_host AS of_host, User AS user, Host AS host FROM mysql.proxies_priv
  WHERE CAST(User AS BINARY) = CAST(? AS BINARY)`;
const MYSQL_ROLES = `SELECT FROM_USER AS of_user, FROM_HOST AS of_host, TO_USER AS user, TO_HOST AS host FROM mysql.role_edges
  WHERE CAST(TO_USER AS BINARY) = CAST(? AS BINARY)`;

const given = ({ of_user, of_host, user, host }: Record<string, unknown>): string =>
  `${accountName(String(of_user), String(of_host))} FROM ${accountName(String(user), String(host))}`;

async function readBack(server: MariaDb, user: string): Promise<Verification> {
  const accounts = await accountsOf(server, user);
  if (accounts.length === 0) return { dead: false, proof: noUser(user) };
  const left: string[] = [];
  for (const { host } of accounts) {
    const rows = await server.select(`SHOW GRANTS FOR ${accountName(user, host)}`);
    left.push(...rows.map((row) => grantIn(String(Object.values(row)[0]))).filter((grant) => grant !== NOTHING));
  }
  const hosts = accounts.map(({ host }) => quoted(host)).join(', ');
  const more = left.length > MAX_NAMED ? ` and ${left.length - MAX_NAMED} more` : '';
  const held = left.length === 0 ? 'USAGE only' : `${left.slice(0, MAX_NAMED).join(', ')}${more}`;
  return { dead: left.length === 0, proof: `user ${quoted(user)}, with accounts at ${hosts}, is granted ${held}` };
}

const NOTHING = 'USAGE ON *.*';
const QUOTED = '`(?:[^`]|``)*`';
const GRANT = new RegExp(`^GRANT (?<what>(?:[^\`]|${QUOTED})*?) TO (?<account>${QUOTED}@${QUOTED})(?<rest>.*)$`, 's');
/** Of a role that is not granted any more, it gives nothing. */
const DEFAULT_ROLE = /^SET DEFAULT ROLE /;

/** One grant without the account, behind which the hash of its password may stand. */
function grantIn(line: string): string {
  if (DEFAULT_ROLE.test(line)) return NOTHING;
  const { what, rest = '' } = GRANT.exec(line)?.groups ?? {};
  if (what === undefined) return 'something that Wayward does not understand';
  // IDENTIFIED BY PASSWORD '…' holds neither quotes nor words; REQUIRE SUBJECT '…' may hold anything.
  return rest.replaceAll(/'(?:[^'\\]|''|\\.)*'/gs, '').includes('GRANT OPTION') ? `${what} WITH GRANT OPTION` : what;
}
