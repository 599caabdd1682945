import { readFileSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import { type PostgresServer, startOwnPostgres } from '../../servers/postgres.ts';
import { MissingServer } from '../../servers/require-server.ts';
import type { AttackRow } from '../attack.ts';
import { until } from './packets.ts';

/** `max_connections`: few, so that they can all be taken. */
const SLOTS = 30;

/** Half-open connections are to stay open on a busy machine, too. */
export const PATIENT = '300s';

/** A PostgreSQL with tables, a group of agents, and an attacker with a role of its own. */
export interface PostgresPlace {
  readonly port: number;
  readonly slots: number;
  readonly server: PostgresServer;
  /** Where the server writes: the same records in three formats. */
  readonly logs: { readonly json: string; readonly csv: string; readonly stderr: string };
  /** Does something in a session of this role, and ends it. */
  as<Result>(role: string, work: (session: pg.Client) => Promise<Result>, application?: string): Promise<Result>;
  /** A setting of the whole server. */
  change(setting: string, value: string): Promise<void>;
}

export interface PostgresAttack extends Pick<AttackRow, 'point' | 'attack' | 'attacker' | 'heldBefore'> {
  /** Against the agent with this role; resolves to how many records the attacker got the server to write. */
  run(place: PostgresPlace, role: string): Promise<number>;
  /** Where the line may be taken for the victim's, and Wayward may say so: it must not act. */
  readonly mayBeFound?: string;
  /** What must still be read of the victim's own statements. */
  readonly own?: { readonly action: string; readonly uses: number; readonly rows: number };
}

/** The attacker where it has a role: it may make functions in `public`, and read every session's state. */
export const MALLORY = 'mallory';
/** Another one, which may make roles. */
export const ADMIN = 'admin_agent';
/** Of the agents, as of the attackers. */
export const passwordOf = (role: string): string => `pw-of-${role.length}`;
export const APPLICATION = 'billing-agent/1.9.0';

export async function startPlace(roles: readonly string[]): Promise<PostgresPlace & { stop(): Promise<void> }> {
  const server = await startOwnPostgres({ max_connections: String(SLOTS), authentication_timeout: PATIENT });
  const { logFile } = server;
  if (logFile === undefined) throw new MissingServer('the log of the server in WAYWARD_TEST_POSTGRES is elsewhere');
  try {
    await letStrangersKnock(server);
    await createTables(server);
    for (const role of [...roles, MALLORY, ADMIN])
      await server.query(`CREATE ROLE ${role} LOGIN PASSWORD '${passwordOf(role)}' IN ROLE agents`);
    await server.query(`GRANT CREATE ON SCHEMA public TO ${MALLORY}; GRANT TRIGGER ON payments TO ${MALLORY};
      GRANT pg_read_all_stats TO ${MALLORY}; ALTER ROLE ${ADMIN} CREATEROLE`);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const base = logFile.replace(/\.json$/, '');
  return {
    ...{ port: server.port, slots: SLOTS, server },
    logs: { json: logFile, csv: `${base}.csv`, stderr: `${base}.log` },
    async as(role, work, application_name = APPLICATION) {
      const url = new URL(server.url);
      const { hostname: host, port } = url;
      const login = { host, port: Number(port), database: 'appdb', user: role, password: passwordOf(role) };
      const session = new pg.Client({ ...login, application_name });
      await session.connect();
      try {
        return await work(session);
      } finally {
        await session.end();
      }
    },
    async change(setting, value) {
      await server.query(`ALTER SYSTEM SET ${setting} = '${value}'`);
      await server.query('SELECT pg_reload_conf()');
      await until(
        `${setting} is ${value}`,
        async () => (await server.query(`SHOW ${setting}`)).rows[0]?.[setting] === shown(value),
      );
    },
    stop: () => server.stop(),
  };
}

/** As SHOW writes it. */
const shown = (value: string): string => (value === PATIENT ? '5min' : value);

/** All of the loopback network may log in; for replication there is an entry of 127.0.0.1 only. */
async function letStrangersKnock(server: PostgresServer): Promise<void> {
  const { rows } = await server.query('SHOW hba_file');
  const file = String(rows[0]?.['hba_file']);
  writeFileSync(file, `${readFileSync(file, 'utf8')}\nhost all all 127.0.0.0/8 scram-sha-256\n`);
  await server.query('SELECT pg_reload_conf()');
}

const createTables = (server: PostgresServer) =>
  server.query(`
    CREATE TABLE invoices (id int PRIMARY KEY, total numeric);
    CREATE TABLE customers (id int PRIMARY KEY, name text);
    CREATE TABLE payments (invoice_id int, amount numeric);
    CREATE TABLE payment_cards (id int PRIMARY KEY, number text);
    CREATE TABLE secrets (id int);
    INSERT INTO invoices SELECT n, n FROM generate_series(1, 70) n;
    INSERT INTO payment_cards SELECT n, md5(n::text) FROM generate_series(1, 100) n;
    CREATE ROLE agents;
    GRANT SELECT ON invoices, customers, payments, payment_cards TO agents;
    GRANT INSERT ON payments TO agents;
  `);
