import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, chownSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { findProgram } from './find-program.ts';
import { freePort } from './free-port.ts';
import { borrow } from './pool/borrow.ts';
import { MissingServer } from './require-server.ts';
import { startServerProcess } from './server-process.ts';
import { watchedFolder } from './watched.ts';

export interface PostgresServer {
  /** Superuser's URL of the database `appdb`. */
  readonly url: string;
  readonly port: number;
  /** pgaudit's jsonlog; undefined for a server that was already there (`WAYWARD_TEST_POSTGRES`). */
  readonly logFile: string | undefined;
  /** URL of the same database for another role. */
  urlFor(role: string, password: string): string;
  /** Runs one statement, or several without parameters, as superuser. */
  query(sql: string, values?: readonly unknown[]): Promise<pg.QueryResult>;
  stop(): Promise<void>;
}

/** Where a pgaudit PostgreSQL is that others may use. */
export interface PostgresAddress {
  readonly url: string;
  readonly logFile: string;
}

/** A clean PostgreSQL for one suite: of the run's pool, else one of its own. It is not to be stopped or broken. */
export async function startPostgres(): Promise<PostgresServer> {
  if (process.env.WAYWARD_TEST_POSTGRES !== undefined) return startOwnPostgres();
  const borrowed = await borrow<PostgresAddress>('postgres');
  if (borrowed === undefined) return startOwnPostgres();
  return connect(borrowed.address.url, borrowed.address.logFile, borrowed.giveBack);
}

/**
 * A real PostgreSQL with pgaudit on a loopback port, with its own data folder, or the one at the URL in `WAYWARD_TEST_POSTGRES`
 * (a superuser's). Throws MissingServer where neither is there. `more`: settings that it starts with, for its own server only.
 */
export async function startOwnPostgres(more: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const existing = process.env.WAYWARD_TEST_POSTGRES;
  if (existing !== undefined) return connect(existing, undefined, async () => {});
  const { root, logFile, stop } = await launchPostgres(more, createDatabase);
  return connect(`${root}/appdb`, logFile, stop);
}

/** Without a client yet; `prepare` gets the URL of its database `postgres`, and rejects while the server is not ready. */
export async function launchPostgres<Ready>(
  more: Readonly<Record<string, string>>,
  prepare: (url: string) => Promise<Ready>,
) {
  const binaries = dirname(findProgram('postgres', 'postgresql-15 and postgresql-15-pgaudit'));
  const user = serverUser();
  const data = watchedFolder('postgres');
  if ('uid' in user) chownSync(data, user.uid, user.gid);
  await initialise(binaries, data, user);
  const port = await freePort();
  // Not in postgresql.auto.conf, which ALTER SYSTEM writes and resets.
  appendFileSync(join(data, 'postgresql.conf'), settings(port, more));
  const root = `postgresql://super:superpw@127.0.0.1:${port}`;
  const program = {
    ...{ name: 'PostgreSQL', binary: join(binaries, 'postgres'), args: ['-D', data], folder: data },
    options: { ...user, cwd: data },
    signals: { stop: 'SIGINT', kill: 'SIGQUIT' },
  } as const;
  try {
    const { ready, stop } = await startServerProcess(program, () => prepare(`${root}/postgres`));
    return { root, data, logFile: join(data, 'log', 'pg.json'), ready, stop };
  } catch (error) {
    if (error instanceof Error && error.message.includes('"pgaudit"'))
      throw new MissingServer('pgaudit is not installed (Debian: postgresql-15-pgaudit)');
    throw error;
  }
}

async function connect(url: string, logFile: string | undefined, stop: () => Promise<void>): Promise<PostgresServer> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    url,
    port: Number(new URL(url).port || 5432),
    logFile,
    urlFor(role, password) {
      const other = new URL(url);
      other.username = role;
      other.password = password;
      return other.href;
    },
    query: (sql, values) => client.query(sql, values === undefined ? undefined : [...values]),
    async stop() {
      await client.end();
      await stop();
    },
  };
}

type ServerUser = { uid: number; gid: number } | Record<string, never>;

/** PostgreSQL refuses to run as root. */
function serverUser(): ServerUser {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function initialise(binaries: string, data: string, user: ServerUser): Promise<void> {
  const passwordFile = join(data, '..', `${data.split('/').at(-1)}.pw`);
  writeFileSync(passwordFile, 'superpw', { mode: 0o644 });
  try {
    const identity = ['-U', 'super', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    const options = ['-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'];
    await promisify(execFile)(join(binaries, 'initdb'), ['-D', data, ...identity, ...options], user);
  } finally {
    rmSync(passwordFile);
  }
}

const settings = (port: number, more: Readonly<Record<string, string>>): string => `
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = ''
fsync = off
shared_preload_libraries = 'pgaudit'
pgaudit.log = 'read,write,role,ddl'
pgaudit.log_relation = on
pgaudit.log_parameter = on
pgaudit.log_rows = on
pgaudit.log_catalog = off
logging_collector = on
log_directory = 'log'
log_filename = 'pg.log'
log_destination = 'stderr,csvlog,jsonlog'
log_line_prefix = '%m [%p] %q[user=%u,db=%d,app=%a,client=%h,session=%c] '
log_connections = on
log_disconnections = on
log_timezone = 'UTC'
${Object.entries(more)
  .map(([name, value]) => `${name} = '${value}'\n`)
  .join('')}`;

/** Makes `appdb`; rejects while the server is not ready. */
async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('CREATE DATABASE appdb');
  await client.end();
}
