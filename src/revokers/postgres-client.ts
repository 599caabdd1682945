import pg from 'pg';
import { z } from 'zod';
import { type Secret, secretSchema } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import { reasonOf, scrub } from '../scrub.ts';

/** `revokers.postgres` of the configuration. */
export const postgresSettings = z.strictObject({ url: secretSchema });

const LIMITS = {
  application_name: 'wayward',
  connectionTimeoutMillis: 5_000,
  query_timeout: 5_000,
  statement_timeout: 5_000,
};

/**
 * Before anything else: a database's owner may have set others for it (ALTER DATABASE … SET), by which names of ours would mean objects of his, used
 * with our rights, or nothing could be changed.
 */
const OWN_SETTINGS = "SET search_path = ''; SET default_transaction_read_only = off";

/** Connects, in another database than the URL's where one is named, works, and closes. @throws CallError, without the URL or its password */
export async function withPostgres<T>(
  url: Secret,
  work: (client: pg.Client) => Promise<T>,
  database?: string,
): Promise<T> {
  const secret = url.reveal();
  let client: pg.Client | undefined;
  try {
    client = new pg.Client({ connectionString: secret, ...LIMITS });
    if (database !== undefined) {
      const { host, port, user, password, ssl } = client;
      client = new pg.Client({ host, port, user, password, ssl, database, ...LIMITS });
    }
    // A connection that breaks between queries fails the next query; without a listener it would end the process.
    client.on('error', () => {});
    await client.connect();
    await client.query(OWN_SETTINGS);
    return await work(client);
  } catch (error) {
    throw postgresError(error, [secret]);
  } finally {
    await client?.end().catch(() => {}); // it failed already, and said so above
  }
}

/** A client, not yet connected, of the same server and database for another role. @throws CallError for a URL that is none */
export function postgresAs(url: Secret, user: string, password: string): pg.Client {
  try {
    const { host, port, database, ssl } = new pg.Client({ connectionString: url.reveal() });
    const client = new pg.Client({ host, port, ...(database && { database }), ssl, user, password, ...LIMITS });
    client.on('error', () => {});
    return client;
  } catch (error) {
    throw postgresError(error, [url.reveal(), password]);
  }
}

/**
 * Why the server refuses a login (SQLSTATE class 28); undefined where the password is right, also for a role that may not use this
 * database, which comes after (42501). @throws CallError for anything else
 */
export async function loginRefused(url: Secret, user: string, password: string): Promise<string | undefined> {
  const client = postgresAs(url, user, password);
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    const state = sqlState(error);
    if (state === '42501') return undefined;
    const refusal = postgresError(error, [password]);
    if (state?.startsWith('28')) return refusal.message;
    throw refusal;
  } finally {
    await client.end().catch(() => undefined); // never connected, or done with
  }
}

/** No `cause`: the client's error objects hold the connection's parameters. */
export const postgresError = (error: unknown, secrets: readonly string[]): CallError =>
  error instanceof CallError
    ? error
    : new CallError(scrub(`PostgreSQL: ${reasonOf(error)}`, secrets), isTransient(error));

/** The server's own code for what went wrong; undefined where it gave no answer. https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const sqlState = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined;

/** SQLSTATE classes that pass: connection (08), resources (53), operator intervention (57), transaction rollback (40), lock (55), and
 * internal (XX), which is what two ALTER ROLE at once give. */
const TRANSIENT_CLASSES: ReadonlySet<string> = new Set(['08', '53', '57', '40', '55', 'XX']);

function isTransient(error: unknown): boolean {
  if (error instanceof TypeError) return false; // a URL that is none
  const state = sqlState(error);
  return state === undefined || TRANSIENT_CLASSES.has(state.slice(0, 2));
}
