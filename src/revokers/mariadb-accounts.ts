import mysql from 'mysql2/promise';
import { z } from 'zod';
import { CallError } from '../errors.ts';
import type { MariaDb } from './mariadb-client.ts';

/** MariaDB's longest user name, in characters; MySQL's is 32. */
const MAX_NAME_LENGTH = 128;
/** ER_NO_SUCH_THREAD: the session ended by itself. */
const NO_SUCH_SESSION = 1094;

/** A user by its name alone: logs name users without the host of their account. */
export const userSchema = z
  .string()
  .min(1)
  .refine(
    (user) => user.length <= MAX_NAME_LENGTH && !user.includes('\0'),
    `is longer than ${MAX_NAME_LENGTH} characters or holds a zero`,
  );

/** Backticks mean a name in every sql_mode, and doubling them is all that there is to escape. */
export const quoted = (name: string): string => mysql.escapeId(name, true);

/** An account as statements name it. */
export const accountName = (user: string, host: string): string => `${quoted(user)}@${quoted(host)}`;

/** @throws CallError where this is the user that Wayward itself connects as */
export async function refuseOurs(server: MariaDb, user: string): Promise<void> {
  const ours = await server.select('SELECT CURRENT_USER() AS account');
  if (String(ours[0]?.account).replace(/@[^@]*$/, '') === user)
    throw new CallError('this is the user that Wayward itself connects as: give Wayward one of its own', false);
}

/** One of a user's accounts: it has one for each host that it comes from. */
export interface Account {
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

/** Compared byte by byte: names that differ in case are different users. */
export async function accountsOf(server: MariaDb, user: string): Promise<Account[]> {
  const rows = await server.select(ACCOUNTS[server.dialect], user);
  return rows.map(({ host, locked }) => ({ host: String(host), locked: Number(locked) === 1 }));
}

/** `accountsOf`, of which there must be one. @throws CallError */
export async function knownAccountsOf(server: MariaDb, user: string): Promise<Account[]> {
  const accounts = await accountsOf(server, user);
  if (accounts.length === 0) throw new CallError(`${noUser(user)}: check the registry`, false);
  return accounts;
}

export const noUser = (user: string): string => `no user ${quoted(user)} on this server`;

/** Ids of its sessions. Compared byte by byte: names that differ in case are different users. */
export async function sessionsOf(server: MariaDb, user: string): Promise<string[]> {
  // Without PROCESS the server shows only our own session, which would look like a proof. This one fails without it.
  await server.select('SELECT COUNT(*) FROM information_schema.innodb_trx');
  const rows = await server.select(
    'SELECT CAST(id AS CHAR) AS id FROM information_schema.processlist WHERE CAST(user AS BINARY) = CAST(? AS BINARY)',
    user,
  );
  return rows.map(({ id }) => String(id)).filter((id) => /^\d+$/.test(id));
}

export async function endSessions(server: MariaDb, user: string): Promise<void> {
  for (const id of await sessionsOf(server, user)) await killSession(server, id);
}

/** One of `sessionsOf`. */
export const killSession = (server: MariaDb, id: string): Promise<void> =>
  server.run(`KILL CONNECTION ${id}`, NO_SUCH_SESSION);
