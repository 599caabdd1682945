import { setTimeout as sleep } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { z } from 'zod';
import { secretSchema } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import type { Verification } from '../response/action.ts';
import { type MariaDb, withMariaDb } from './mariadb-client.ts';
import { defineRevoker } from './revoker.ts';

/** A session that is told to end needs a moment, more under load. */
const SESSIONS_END_WITHIN_MS = 3_000;
/** MariaDB's longest user name, in characters; MySQL's is 32. */
const MAX_NAME_LENGTH = 128;
/** ER_NO_SUCH_THREAD: the session ended by itself. */
const NO_SUCH_SESSION = 1094;

/**
 * Locks a user's accounts and ends its sessions. The lock comes first, so that nobody reconnects in between. It holds for
 * the user name at every host: logs name users without the host of their account, and one left open is a way back.
 * https://mariadb.com/kb/en/account-locking/, https://dev.mysql.com/doc/refman/8.4/en/account-locking.html
 */
export const mariadb = defineRevoker({
  id: 'mariadb',
  title: 'MariaDB or MySQL user',
  reversible: true,
  undo: 'ALTER USER … ACCOUNT UNLOCK',
  cannotStop:
    'events, routines and views that others run with its rights (DEFINER), and other users with the same grants',
  needs:
    'a user with CREATE USER, CONNECTION ADMIN and PROCESS, and SELECT on the columns that say which accounts are locked',
  testedAgainst: 'MariaDB 10.11; its MySQL side: no server',
  settingsSchema: z.strictObject({ url: secretSchema }),
  specSchema: z.strictObject({
    with: z.literal('mariadb'),
    user: z
      .string()
      .min(1)
      .refine(
        (user) => user.length <= MAX_NAME_LENGTH && !user.includes('\0'),
        `is longer than ${MAX_NAME_LENGTH} characters or holds a zero`,
      ),
  }),
  describe: ({ user }) => `lock MariaDB user ${quoted(user)} at every host and end its sessions`,
  prepare: ({ url }, { user }) => ({
    revoke: () => withMariaDb(url, (server) => lockOut(server, user)),
    verify: () => withMariaDb(url, (server) => readBack(server, user)),
    restore: () => withMariaDb(url, async (server) => alter(server, user, 'UNLOCK')),
  }),
});

/** Backticks mean a name in every sql_mode, and doubling them is all that there is to escape. */
const quoted = (name: string): string => mysql.escapeId(name, true);

async function lockOut(server: MariaDb, user: string): Promise<void> {
  const ours = await server.select('SELECT CURRENT_USER() AS account');
  if (String(ours[0]?.account).replace(/@[^@]*$/, '') === user)
    throw new CallError('this is the user that Wayward itself connects as: give Wayward one of its own', false);
  await alter(server, user, 'LOCK');
  for (const id of await sessionsOf(server, user)) await server.run(`KILL CONNECTION ${id}`, NO_SUCH_SESSION);
}

async function alter(server: MariaDb, user: string, to: 'LOCK' | 'UNLOCK'): Promise<void> {
  const accounts = await accountsOf(server, user);
  if (accounts.length === 0) throw new CallError(`no user ${quoted(user)} on this server: check the registry`, false);
  const names = accounts.map(({ host }) => `${quoted(user)}@${quoted(host)}`);
  await server.run(`ALTER USER ${names.join(', ')} ACCOUNT ${to}`);
}

async function readBack(server: MariaDb, user: string): Promise<Verification> {
  const deadline = Date.now() + SESSIONS_END_WITHIN_MS;
  for (;;) {
    const accounts = await accountsOf(server, user);
    if (accounts.length === 0) return { dead: false, proof: `no user ${quoted(user)} on this server` };
    const open = accounts.filter(({ locked }) => !locked).map(({ host }) => host);
    const sessions = (await sessionsOf(server, user)).length;
    const dead = open.length === 0 && sessions === 0;
    if (!dead && open.length === 0 && Date.now() < deadline) {
      await sleep(20);
      continue;
    }
    const locks = open.length === 0 ? 'is locked' : `may log in as its accounts at ${open.map(quoted).join(', ')}`;
    const proof = `user ${quoted(user)} ${locks}, sessions left: ${sessions}`;
    return { dead, alive: open.length === accounts.length, proof };
  }
}

interface Account {
  readonly host: string;
  readonly locked: boolean;
}

/** MySQL has the lock as a column; MariaDB keeps it in JSON, beside roles, which nobody logs in as. */
const ACCOUNTS = {
  mysql:
    "SELECT Host AS host, account_locked = 'Y' AS locked FROM mysql.user WHERE CAST(User AS BINARY) = CAST(? AS BINARY)",
  mariadb: `SELECT Host AS host, COALESCE(JSON_VALUE(Priv, '$.account_locked'), 0) = 1 AS locked FROM mysql.global_priv
    WHERE CAST(User AS BINARY) = CAST(? AS BINARY) AND COALESCE(JSON_VALUE(Priv, '$.is_role'), 0) = 0`,
};

async function accountsOf(server: MariaDb, user: string): Promise<Account[]> {
  const rows = await server.select(ACCOUNTS[server.dialect], user);
  return rows.map(({ host, locked }) => ({ host: String(host), locked: Number(locked) === 1 }));
}

/** Ids of its sessions. Compared byte by byte: names that differ in case are different users. */
async function sessionsOf(server: MariaDb, user: string): Promise<string[]> {
  // Without PROCESS the server shows only our own session, which would look like a proof. This one fails without it.
  await server.select('SELECT COUNT(*) FROM information_schema.innodb_trx');
  const rows = await server.select(
    'SELECT CAST(id AS CHAR) AS id FROM information_schema.processlist WHERE CAST(user AS BINARY) = CAST(? AS BINARY)',
    user,
  );
  return rows.map(({ id }) => String(id)).filter((id) => /^\d+$/.test(id));
}
