import { randomUUID } from 'node:crypto';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { launchPostgres } from '../postgres.ts';
import type { Lendable } from './pool.ts';

const PATIENCE_MS = 10_000;

interface Server {
  /** The superuser's, of the database `postgres`, which no suite uses. */
  readonly client: pg.Client;
  readonly logFile: string;
  readonly hbaFile: string;
  /** As it was at first. */
  readonly hba: string;
}

export async function postgresToLend(): Promise<Lendable> {
  const { root, data, logFile, ready: client, stop } = await launchPostgres({}, connected);
  const hbaFile = join(data, 'pg_hba.conf');
  const server = { client, logFile, hbaFile, hba: readFileSync(hbaFile, 'utf8') };
  await clean(server);
  return {
    address: { url: `${root}/appdb`, logFile },
    clean: () => clean(server),
    async stop() {
      await client.end();
      await stop();
    },
  };
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // the next cleaning fails, and says so
  await client.connect();
  return client;
}

async function clean({ client, logFile, hbaFile, hba }: Server): Promise<void> {
  const names = async (sql: string): Promise<string[]> => (await client.query(sql)).rows.map(({ name }) => name);
  await alone(client);
  for (const name of await names(
    "SELECT datname AS name FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'",
  ))
    await client.query(`DROP DATABASE ${pg.escapeIdentifier(name)} WITH (FORCE)`);
  const roles = await names("SELECT rolname AS name FROM pg_roles WHERE rolname <> 'super' AND rolname !~ '^pg_'");
  const all = roles.map(pg.escapeIdentifier).join(', ');
  if (roles.length > 0) await client.query(`DROP OWNED BY ${all} CASCADE; DROP ROLE ${all}`);
  writeFileSync(hbaFile, hba);
  await client.query('ALTER SYSTEM RESET ALL');
  await client.query('SELECT pg_reload_conf()');
  await client.query('CREATE DATABASE appdb');
  await emptyLog(client, logFile);
}

/** Ends all other sessions. */
async function alone(client: pg.Client): Promise<void> {
  const others = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(20)) {
    const { rowCount } = await client.query(`SELECT pg_terminate_backend(pid) ${others}`);
    if (rowCount === 0) return;
    if (Date.now() > deadline) throw new Error('sessions stay');
  }
}

/** Once all that was said before has reached the log, which the server appends to. */
async function emptyLog(client: pg.Client, logFile: string): Promise<void> {
  const last = randomUUID();
  await client.query(`DO $$ BEGIN RAISE LOG '${last}'; END $$`);
  const deadline = Date.now() + PATIENCE_MS;
  while (!readFileSync(logFile, 'utf8').includes(last)) {
    if (Date.now() > deadline) throw new Error('its log does not go on');
    await sleep(20);
  }
  for (const end of ['json', 'csv', 'log']) truncateSync(logFile.replace(/json$/, end));
}
