import { execFile, execFileSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';
import { findProgram } from './find-program.ts';
import { freePort } from './free-port.ts';
import { borrow } from './pool/borrow.ts';
import { startServerProcess } from './server-process.ts';
import { watchedFolder } from './watched.ts';

export interface MariaDbServer {
  /** URL of the server for a user. */
  urlFor(user: string, password: string): string;
  /** Runs one statement as root; the rows of a query. */
  query(sql: string, values?: readonly string[]): Promise<mysql.RowDataPacket[]>;
  stop(): Promise<void>;
}

/** Where a MariaDB is that others may use. */
export interface MariaDbAddress {
  /** root's URL. */
  readonly url: string;
}

/**
 * A clean MariaDB on a loopback port for one suite: of the run's pool, else one of its own, or the one at the URL in
 * `WAYWARD_TEST_MARIADB` (root's). Throws MissingServer where none is there.
 */
export async function startMariaDb(): Promise<MariaDbServer> {
  const existing = process.env.WAYWARD_TEST_MARIADB;
  if (existing !== undefined) return serverAt(existing, await mysql.createConnection(existing), async () => {});
  const borrowed = await borrow<MariaDbAddress>('mariadb');
  if (borrowed !== undefined) {
    const { url } = borrowed.address;
    return serverAt(url, await mysql.createConnection(url), borrowed.giveBack);
  }
  const { url, root, stop } = await launchMariaDb();
  return serverAt(url, root, stop);
}

/** With root's connection. */
export async function launchMariaDb() {
  const installer = findProgram('mariadb-install-db', 'mariadb-server');
  const binary = findProgram('mariadbd', 'mariadb-server');
  const user = serverUser();
  const data = watchedFolder('mariadb');
  if ('uid' in user) chownSync(data, user.uid, user.gid);
  const install = [`--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'];
  await promisify(execFile)(installer, ['--no-defaults', ...install], { ...user, cwd: data });

  const port = await freePort();
  const files = [`--datadir=${data}`, `--socket=${join(data, 'my.sock')}`, `--pid-file=${join(data, 'my.pid')}`];
  const network = [`--port=${port}`, '--bind-address=127.0.0.1'];
  const args = ['--no-defaults', ...files, ...network, '--innodb-flush-log-at-trx-commit=0'];
  const url = `mysql://root@127.0.0.1:${port}`;
  const { ready, stop } = await startServerProcess(
    { name: 'MariaDB', binary, args, folder: data, options: { ...user, cwd: data } },
    () => mysql.createConnection(url),
  );
  return { url, root: ready, stop };
}

function serverAt(url: string, root: mysql.Connection, stop: () => Promise<void>): MariaDbServer {
  return {
    urlFor(user, password) {
      const other = new URL(url);
      other.username = encodeURIComponent(user);
      other.password = encodeURIComponent(password);
      return other.href;
    },
    async query(sql, values = []) {
      const [rows] = await root.query<mysql.RowDataPacket[]>(sql, [...values]);
      return rows;
    },
    async stop() {
      await root.end();
      await stop();
    },
  };
}

type ServerUser = { uid: number; gid: number } | Record<string, never>;

/** MariaDB refuses to run as root. */
function serverUser(): ServerUser {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'mysql'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
