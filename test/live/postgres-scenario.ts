import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { stringify } from 'yaml';
import { type Behaviour, life, type SimulatedAgent } from '../../src/simulate/agent.ts';
import { renderLog } from '../../src/simulate/line.ts';
import { integer, type Random, seeded } from '../../src/simulate/random.ts';
import { type RegistryEntry, registryYaml } from '../../src/simulate/registry-file.ts';
import { pgauditJson } from '../../src/simulate/render-pgaudit.ts';
import { DAY } from '../../src/simulate/schedule.ts';
import { sql } from '../../src/simulate/use.ts';
import type { PostgresServer } from '../servers/postgres.ts';
import { type RunningWayward, spawnWayward, waywardSays } from './wayward.ts';

/** Live on a real PostgreSQL: agents that work as they always did, and what happens to one that does not. */

const HISTORY_DAYS = 21;
const CARDS = 5_000;

const INVOICE = 'SELECT id, total, due FROM invoices WHERE id = $1';
const CUSTOMER = 'SELECT name, email FROM customers WHERE id = $1';
const OPEN = "SELECT id, total FROM invoices WHERE status = 'open' LIMIT 200";
const PAY = 'INSERT INTO payments (invoice_id, amount) VALUES ($1, 1)';

/** What a billing agent does, at any hour. */
const BILLING: Behaviour = {
  schedule: { kind: 'always-on', zone: 'UTC' },
  runsPerDay: 60,
  callsPerRun: 15,
  repertoire: [
    sql('public.invoices', INVOICE, 1),
    sql('public.customers', CUSTOMER, 1),
    sql('public.invoices', OPEN, 70),
    sql('public.payments', PAY, 1),
  ],
  rare: [],
  upcoming: [],
  newActionsPerDay: 0,
  network: '127.0',
  client: 'billing-agent',
  daysPerDeployment: 9,
};

export interface LiveAgent {
  readonly agent: string;
  readonly role: string;
  readonly credential: string;
  readonly password: string;
}

export interface Scene {
  readonly agents: readonly LiveAgent[];
  readonly config: string;
  readonly wayward: RunningWayward;
}

/** The tables, and agents with roles that may read them all: least privilege is what nobody got around to. */
export async function createAgents(server: PostgresServer, names: readonly string[]): Promise<LiveAgent[]> {
  await server.query(`
    CREATE TABLE IF NOT EXISTS invoices (id int PRIMARY KEY, total numeric, due date, status text);
    CREATE TABLE IF NOT EXISTS customers (id int PRIMARY KEY, name text, email text);
    CREATE TABLE IF NOT EXISTS payments (invoice_id int, amount numeric);
    CREATE TABLE IF NOT EXISTS payment_cards (id int PRIMARY KEY, holder text, number text);
    INSERT INTO invoices SELECT n, n, current_date, 'open' FROM generate_series(1, 70) n ON CONFLICT DO NOTHING;
    INSERT INTO customers SELECT n, 'name ' || n, n || '@example.com' FROM generate_series(1, 500) n ON CONFLICT DO NOTHING;
    INSERT INTO payment_cards SELECT n, 'holder ' || n, md5(n::text) FROM generate_series(1, ${CARDS}) n ON CONFLICT DO NOTHING;
  `);
  const agents = names.map((name) => ({
    agent: name,
    role: name.replaceAll('-', '_'),
    credential: `cred-${name}-pg`,
    password: `pw-of-${name}`,
  }));
  for (const { role, password } of agents) {
    await server.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
    await server.query(`GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO ${role}`);
  }
  return agents;
}

/** The role that Wayward revokes with; returns its URL. */
export async function createResponder(server: PostgresServer, role = 'wayward_responder'): Promise<string> {
  await server.query(`CREATE ROLE ${role} LOGIN CREATEROLE PASSWORD 'pw-of-responder'`);
  await server.query(`GRANT pg_signal_backend TO ${role}`);
  return server.urlFor(role, 'pw-of-responder');
}

/** Starts `wayward run` on three weeks of the agents' history, which ends now, and the server's own log; waits until it has caught up. `more`: of wayward.yaml. */
export async function startScene(
  folder: string,
  server: PostgresServer,
  agents: readonly LiveAgent[],
  responderUrl: string,
  response: object,
  more: object = {},
): Promise<Scene> {
  mkdirSync(folder, { recursive: true });
  const now = Date.now();
  writeFileSync(join(folder, 'history.json'), `${historyOf(agents, now).join('\n')}\n`);
  writeFileSync(
    join(folder, 'credentials.yaml'),
    registryYaml('The agents and the people of this test.', registryOf(agents, now)),
  );
  const config = join(folder, 'wayward.yaml');
  const settings = {
    sources: [{ file: 'history.json', follow: false }, { file: server.logFile }],
    credentials: 'credentials.yaml',
    response,
    revokers: { postgres: { url: 'secret://env/RESPONDER_URL' } },
    ...more,
  };
  writeFileSync(config, stringify(settings));
  const env = { RESPONDER_URL: responderUrl, WEBHOOK_KEY: 'a key that both ends know', APPROVAL_KEY: 'k'.repeat(32) };
  const wayward = spawnWayward(config, env);
  await wayward.line(({ msg }) => msg === 'caught up');
  return { agents, config, wayward };
}

const historyOf = (agents: readonly LiveAgent[], to: number): string[] => {
  const uses = agents.flatMap(({ role }, index) => {
    const seed = `agent ${index}`; // its name has the process id in it
    const agent: SimulatedAgent = { seed, groupSeed: seed, behaviour: BILLING, identity: role, rate: 1 };
    return [...life(agent, to - HISTORY_DAYS * DAY, to - 60_000)];
  });
  return renderLog(uses, pgauditJson(seeded('live history')));
};

const registryOf = (agents: readonly LiveAgent[], now: number): RegistryEntry[] => {
  const common = { slot: 'postgres', kind: 'database-role', owner: 'team-billing@example.com' };
  const issued_at = new Date(now - 30 * DAY).toISOString();
  const people = ['super', 'wayward_responder'].map((role) => ({
    ...{ id: `cred-${role}`, agent: role, ...common, match: { db_user: role }, issued_at, protected: true },
  }));
  const watched = agents.map(({ agent, role, credential }) => ({
    ...{ id: credential, agent, ...common, match: { db_user: role }, issued_at },
    revoke: { with: 'postgres', role },
  }));
  return [...people, ...watched];
};

/** A session of an agent, as its pool opens one. */
export async function connectAs(server: PostgresServer, { role, password }: LiveAgent): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: server.urlFor(role, password),
    application_name: 'billing-agent/1.9.0',
  });
  client.on('error', () => {}); // to be terminated is what happens to some of them
  await client.connect();
  return client;
}

/** The agent's usual work, at its usual pace. */
export async function workAsUsual(client: pg.Client, calls: number, random: Random): Promise<void> {
  for (let call = 0; call < calls; call++) {
    const which = integer(random, 0, 6);
    const id = integer(random, 1, 70);
    if (which < 3) await client.query(INVOICE, [id]);
    else if (which < 5) await client.query(CUSTOMER, [id]);
    else if (which < 6) await client.query(OPEN);
    else await client.query(PAY, [id]);
    await sleep(integer(random, 80, 250));
  }
}

/** What it never did: reads a table of 5,000 rows and copies it, again and again. Rejects when its session is ended. */
export async function steal(client: pg.Client, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await client.query('SELECT * FROM payment_cards');
    await client.query('COPY (SELECT * FROM payment_cards) TO STDOUT');
    await sleep(100); // a thief's pace
  }
}

/** Somebody else tries passwords for the agent's role; resolves to how many were refused. */
export async function guessPasswords(server: PostgresServer, { role }: LiveAgent, times: number): Promise<number> {
  let refused = 0;
  const guess = async (): Promise<void> => {
    const client = new pg.Client({ connectionString: server.urlFor(role, 'guessed'), application_name: 'curl' });
    client.on('error', () => {});
    await client.connect().catch(({ code }: { code?: string }) => {
      if (code === '28P01') refused++;
    });
  };
  for (let done = 0; done < times; done += 10) await Promise.all(Array.from({ length: 10 }, guess));
  return refused;
}

/** Waits until a response to the agent's credential has been verified; gives its times. */
export async function revocationOf({ wayward }: Scene, { credential }: LiveAgent): Promise<Revocation> {
  const line = await wayward.line((found) => found.credential === credential && found.state === 'verified');
  return line.times as Revocation;
}

/** RFC 3339 times, and from the offending record to verified revocation in milliseconds. */
export interface Revocation {
  readonly event: string;
  readonly alert: string;
  readonly called: string;
  readonly done: string;
  readonly total_ms: number;
}

export interface ShownAlert {
  readonly event: { readonly id: string; readonly severity: number; readonly reason: string };
  readonly gen_ai?: { readonly agent: { readonly id: string } };
  readonly response?: {
    readonly steps: readonly {
      readonly credential: string;
      readonly state: string;
      readonly note: string;
      readonly times: Readonly<Record<string, string | number>>;
    }[];
    readonly record: readonly Readonly<Record<string, unknown>>[];
  };
}

/** The alerts of an agent in the local store. */
export async function alertsOf(config: string, ...options: string[]): Promise<ShownAlert[]> {
  const lines = (await waywardSays(config, ['alerts', 'list', '--json', ...options])).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

export const showAlert = async (config: string, id: string): Promise<ShownAlert> =>
  JSON.parse(await waywardSays(config, ['alerts', 'show', id, '--json']));

export const canLogIn = async (server: PostgresServer, { role }: LiveAgent): Promise<boolean> =>
  (await server.query('SELECT rolcanlogin FROM pg_roles WHERE rolname = $1', [role])).rows[0].rolcanlogin;
