import mysql from 'mysql2/promise';
import { z } from 'zod';
import { type Secret, secretSchema } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import { ed25519Answer } from '../mariadb-verifier.ts';
import { reasonOf, scrub } from '../scrub.ts';

/** `revokers.mariadb` of the configuration. */
export const mariaDbSettings = z.strictObject({ url: secretSchema });

const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 5_000;
/** ER_KILL_DENIED_ERROR: the one refusal that does not name the missing right. */
const KILL_DENIED = 1095;

/** A connection to one server, as the revoker uses it. */
export interface MariaDb {
  readonly dialect: 'mariadb' | 'mysql';
  /** Rows of a statement whose values travel apart from its text. */
  select(sql: string, ...values: string[]): Promise<Record<string, unknown>[]>;
  /** Runs a statement; a server error of this number is no error. */
  run(sql: string, harmless?: number): Promise<void>;
}

/** Connects, works, and closes. @throws CallError, without the URL or its password */
export async function withMariaDb<T>(url: Secret, work: (server: MariaDb) => Promise<T>): Promise<T> {
  const secret = url.reveal();
  let connection: mysql.Connection | undefined;
  try {
    connection = await mysql.createConnection({ uri: secret, connectTimeout: CONNECT_TIMEOUT_MS });
    // A connection that breaks between statements fails the next one; without a listener it would end the process.
    connection.on('error', () => {});
    const result = await work(await serverOf(connection));
    await connection.end();
    return result;
  } catch (error) {
    connection?.destroy(); // its state is unknown: a statement may still run
    throw mariaDbError(error, [secret]);
  }
}

/** A connection to the same server as another user, in no database. Rejects with the client's own error: see `mariaDbError`. */
export async function mariaDbAs(url: Secret, user: string, password: string): Promise<mysql.Connection> {
  const [username, secret] = [encodeURIComponent(user), encodeURIComponent(password)];
  const other = Object.assign(new URL(url.reveal()), { username, password: secret, pathname: '' });
  const connection = await mysql.createConnection({
    uri: other.href,
    connectTimeout: CONNECT_TIMEOUT_MS,
    authPlugins: { client_ed25519: () => (challenge) => answerTo(challenge, password) },
  });
  connection.on('error', () => {});
  return connection;
}

const CHALLENGE_BYTES = 32;
const ANSWER_BYTES = 64;

/** mysql2 has no ed25519 of its own. MariaDB asks for it, too, where it knows no such account: what we can't answer is refused. */
const answerTo = (challenge: Buffer, password: string): Buffer =>
  ed25519Answer(password, challenge.subarray(0, CHALLENGE_BYTES)) ?? Buffer.alloc(ANSWER_BYTES);

/** No `cause`: the client's error objects hold the statement. */
export function mariaDbError(error: unknown, secrets: readonly string[]): CallError {
  if (error instanceof CallError) return error;
  const advice = errorOf(error).number === KILL_DENIED ? '; our user needs CONNECTION ADMIN' : '';
  return new CallError(scrub(`MariaDB: ${reasonOf(error)}${advice}`, secrets), isTransient(error));
}

/** ER_ACCESS_DENIED_ERROR, and without a password; ER_ACCOUNT_HAS_BEEN_LOCKED of MariaDB and of MySQL. */
const REFUSALS: ReadonlySet<number | undefined> = new Set([1045, 1698, 4151, 3118]);

/** Whether the server refused a login, rather than failing at it. */
export const isLoginRefused = (error: unknown): boolean => REFUSALS.has(errorOf(error).number);

/** Why the server refuses a login; undefined where it lets the user in. @throws CallError for anything else */
export async function mariaDbLoginRefused(url: Secret, user: string, password: string): Promise<string | undefined> {
  let client: mysql.Connection;
  try {
    client = await mariaDbAs(url, user, password);
  } catch (error) {
    const said = mariaDbError(error, [password]);
    if (isLoginRefused(error)) return said.message;
    throw said;
  }
  client.destroy();
  return undefined;
}

async function serverOf(connection: mysql.Connection): Promise<MariaDb> {
  const select = async (sql: string, ...values: string[]) => {
    const [rows] = await connection.execute<mysql.RowDataPacket[]>({ sql, values, timeout: QUERY_TIMEOUT_MS });
    return rows;
  };
  const version = String((await select('SELECT VERSION() AS version'))[0]?.version);
  return {
    dialect: /mariadb/i.test(version) ? 'mariadb' : 'mysql',
    select,
    async run(sql, harmless) {
      try {
        await connection.query({ sql, timeout: QUERY_TIMEOUT_MS });
      } catch (error) {
        if (harmless === undefined || errorOf(error).number !== harmless) throw error;
      }
    },
  };
}

/** What the server said: number and SQLSTATE; both are undefined where there was no answer at all. */
function errorOf(error: unknown): { number: number | undefined; state: string | undefined } {
  if (!(error instanceof Error) || !('sqlState' in error) || !('errno' in error))
    return { number: undefined, state: undefined };
  return { number: Number(error.errno), state: String(error.sqlState) };
}

/** SQLSTATE classes that pass: connection (08), transaction rollback (40), interrupted or killed (70). */
const TRANSIENT_CLASSES: ReadonlySet<string> = new Set(['08', '40', '70']);
/** Without a class of their own: ER_TOO_MANY_USER_CONNECTIONS, ER_LOCK_WAIT_TIMEOUT, ER_USER_LIMIT_REACHED. */
const TRANSIENT_NUMBERS: ReadonlySet<number> = new Set([1203, 1205, 1226]);

function isTransient(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof URIError) return false; // a URL that is none
  const { number, state } = errorOf(error);
  if (number === undefined || state === undefined) return true; // no answer at all
  return TRANSIENT_CLASSES.has(state.slice(0, 2)) || TRANSIENT_NUMBERS.has(number);
}
