import { readFileSync } from 'node:fs';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import type { Revocation } from '../../src/response/action.ts';
import { postgresGrants } from '../../src/revokers/postgres-grants.ts';
import { startPostgres } from '../servers/postgres.ts';
import { describeWith } from '../servers/require-server.ts';
import { placed, snippets } from './docs-snippet.ts';
import { failureOf } from './failure.ts';
import { secretOf } from './secret-of.ts';

const CONTEXT = { key: 'k', credential: 'cred', agent: 'agent' };

/** Unique, so that a server that is used again has none of the names. */
const run = process.pid.toString(36);

async function revocation(url: string, role: string): Promise<Revocation> {
  return postgresGrants.prepare({ url: await secretOf(url) }, { with: 'postgres-grants', role });
}

describeWith('taking the grants of a PostgreSQL role', startPostgres, (server) => {
  const [responder, owner, group, other] = [`responder_${run}`, `owner_${run}`, `group_${run}`, `other_${run}`];
  const database = `second "db" ${run}`;
  let responderUrl = '';
  let count = 0;

  const quoted = pg.escapeIdentifier;
  const inSecond = (url: string): string => Object.assign(new URL(url), { pathname: `/${database}` }).href;
  async function asRoot(sql: string, url = server().url): Promise<pg.QueryResult> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  }

  beforeAll(async () => {
    const { urlFor } = server();
    await asRoot(`CREATE ROLE ${owner}; CREATE ROLE ${group}; CREATE ROLE ${other} LOGIN PASSWORD 'agentpw'`);
    const [asDocumented = ''] = snippets('issuers.md', '## PostgreSQL', 'sql');
    const places = { wayward_responder: responder, '…': 'resppw', billing_agent_1: other, app_owner: owner };
    await asRoot(placed(asDocumented, { ...places, 'DATABASE app ': 'DATABASE appdb ' }));
    await asRoot(`CREATE DATABASE ${quoted(database)} OWNER ${owner}`);
    for (const url of [server().url, inSecond(server().url)])
      await asRoot(
        `CREATE SCHEMA app_${run} AUTHORIZATION ${owner}; SET ROLE ${owner}; CREATE TABLE app_${run}.orders (id int, note text);
        CREATE TABLE app_${run}.secrets (id int); INSERT INTO app_${run}.secrets VALUES (7);
        CREATE SEQUENCE app_${run}.numbers; CREATE FUNCTION app_${run}.total(int, "char") RETURNS int LANGUAGE sql RETURN 1;
        REVOKE ALL ON FUNCTION app_${run}.total FROM PUBLIC; GRANT USAGE ON SCHEMA app_${run} TO ${group}, ${other};
        GRANT SELECT ON ALL TABLES IN SCHEMA app_${run} TO ${group}, ${other};`,
        url,
      );
    responderUrl = urlFor(responder, 'resppw');
  });

  async function newRole(name = `agent_${run}_${++count}`): Promise<{ role: string; url: string }> {
    await asRoot(`CREATE ROLE ${quoted(name)} LOGIN PASSWORD 'agentpw'`);
    return { role: name, url: server().urlFor(encodeURIComponent(name), 'agentpw') };
  }
  /** Everything that can be granted, as the owner grants it. */
  const everything = (role: string): string =>
    `SET ROLE ${owner}; GRANT USAGE, CREATE ON SCHEMA app_${run} TO ${role}; GRANT ALL ON app_${run}.orders TO ${role} WITH GRANT OPTION;
    GRANT SELECT (id), UPDATE (id) ON app_${run}.secrets TO ${role}; GRANT USAGE ON SEQUENCE app_${run}.numbers TO ${role};
    GRANT EXECUTE ON FUNCTION app_${run}.total TO ${role};
    ALTER DEFAULT PRIVILEGES IN SCHEMA app_${run} GRANT SELECT ON TABLES TO ${role}; ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON ROUTINES TO ${role}`;
  const dead = (role: string, readable = 0) => ({
    dead: true,
    proof: `role ${quoted(role)} has grants on 0 objects of the server, and 0 memberships; tables of appdb that it may still read: ${readable}`,
  });

  test('all of them, in every database: a client that used them is refused, another role goes on', async () => {
    const { role, url } = await newRole();
    for (const place of [server().url, inSecond(server().url)]) await asRoot(everything(role), place);
    await asRoot(`SET ROLE ${owner}; GRANT CREATE, TEMPORARY ON DATABASE ${quoted(database)} TO ${role}`);
    // In the name of one that we may act for: from PostgreSQL 16 on that is asked for.
    await asRoot(`GRANT ${group}, pg_read_all_settings TO ${owner} WITH ADMIN OPTION; SET ROLE ${owner};
      GRANT ${group}, pg_read_all_settings TO ${role}`);
    const [agent, bystander, second] = [url, server().urlFor(other, 'agentpw'), inSecond(url)].map(
      (connectionString) => new pg.Client({ connectionString }),
    );
    const died = Promise.all([agent, second].map((client) => new Promise((resolve) => client?.on('error', resolve))));
    for (const client of [agent, bystander, second]) await client?.connect();
    await agent?.query(`SELECT * FROM app_${run}.orders`);
    // A session that became another role stays it: its end is part of the work.
    await agent?.query(`SET ROLE ${group}`);
    expect((await second?.query(`SELECT id FROM app_${run}.secrets`))?.rows).toEqual([{ id: 7 }]);

    const step = await revocation(responderUrl, role);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, proof: expect.stringContaining('2 memberships') });
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual(dead(role));
    await died;
    for (const place of [url, inSecond(url)])
      for (const sql of [
        `SELECT * FROM app_${run}.orders`,
        `SELECT id FROM app_${run}.secrets`,
        `SELECT nextval('app_${run}.numbers')`,
        `SELECT app_${run}.total(1, 'a')`,
        `CREATE TABLE app_${run}.mine ()`,
        `SET ROLE ${group}`,
      ])
        await expect(asRoot(sql, place), sql).rejects.toThrow(/permission denied/);
    // What is made from now on is not granted either.
    await asRoot(`SET ROLE ${owner}; CREATE TABLE app_${run}.later_${count} ()`);
    const { rows } = await asRoot(
      `SELECT has_table_privilege('${role}', 'app_${run}.later_${count}', 'SELECT') AS later, has_database_privilege('${role}', $$${database}$$, 'CREATE') AS db`,
    );
    expect(rows).toEqual([{ later: false, db: false }]);
    expect((await bystander?.query(`SELECT * FROM app_${run}.secrets`))?.rows).toEqual([{ id: 7 }]);
    await bystander?.end();

    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual(dead(role));
  });

  test('the log of the server names what was taken, so that it can be given back', async () => {
    const { role } = await newRole();
    await asRoot(`SET ROLE ${owner}; GRANT SELECT, INSERT ON app_${run}.orders TO ${role}`);
    await (await revocation(responderUrl, role)).revoke(CONTEXT);
    const { logFile } = server();
    if (logFile === undefined) return; // a server that was there already logs elsewhere
    const said = `REVOKE INSERT, SELECT ON TABLE app_${run}.orders FROM ${quoted(role)} CASCADE`;
    await expect
      .poll(() => readFileSync(logFile, 'utf8'), { timeout: 60_000 })
      .toContain(JSON.stringify(said).slice(1, -1).replaceAll('\\"', '\\"\\"'));
  });

  test('what it passed on goes with it, or it could keep its rights so; what others passed on stays', async () => {
    const [{ role }, { role: friend }] = [await newRole(), await newRole()];
    await asRoot(
      `SET ROLE ${owner}; GRANT USAGE ON SCHEMA app_${run} TO ${role}; GRANT SELECT ON app_${run}.orders TO ${role} WITH GRANT OPTION`,
    );
    await asRoot(`SET ROLE ${role}; GRANT SELECT ON app_${run}.orders TO ${friend}`);
    await asRoot(`SET ROLE ${owner}; GRANT INSERT ON app_${run}.orders TO ${friend}`);
    const step = await revocation(responderUrl, role);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual(dead(role));
    const may = (privilege: string) => `has_table_privilege('${friend}', 'app_${run}.orders', '${privilege}')`;
    expect((await asRoot(`SELECT ${may('SELECT')} AS passed, ${may('INSERT')} AS own`)).rows).toEqual([
      { passed: false, own: true },
    ]);
  });

  test('what it is just passing on, in a transaction that it leaves open, does not keep its grants', async () => {
    const [{ role, url }, { role: friend }] = [await newRole(), await newRole()];
    await asRoot(
      `SET ROLE ${owner}; GRANT USAGE ON SCHEMA app_${run} TO ${role}; GRANT SELECT ON app_${run}.orders TO ${role} WITH GRANT OPTION`,
    );
    const clinging = new pg.Client({ connectionString: url });
    clinging.on('error', () => {});
    await clinging.connect();
    await clinging.query(`BEGIN; GRANT SELECT ON app_${run}.orders TO ${friend}`);
    const step = await revocation(responderUrl, role);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual(dead(role));
  });

  test('what others drop in the meantime, as with temporary tables, does not keep the rest from being taken', async () => {
    const { role } = await newRole();
    const gone = `gone_${run}`;
    await asRoot(`SET ROLE ${owner}; GRANT SELECT ON app_${run}.orders, app_${run}.secrets TO ${role};
      CREATE TABLE app_${run}.${gone} (); GRANT SELECT ON app_${run}.${gone} TO ${role};
      CREATE FUNCTION app_${run}.${gone}() RETURNS int LANGUAGE sql RETURN 1; GRANT EXECUTE ON FUNCTION app_${run}.${gone} TO ${role};
      CREATE TYPE app_${run}.kind_${gone} AS ENUM (); GRANT USAGE ON TYPE app_${run}.kind_${gone} TO ${role};
      RESET ROLE; CREATE SCHEMA ${gone} AUTHORIZATION ${owner}; SET ROLE ${owner}; GRANT USAGE ON SCHEMA ${gone} TO ${role}`);
    const { query } = pg.Client.prototype;
    let isDropped = false;
    pg.Client.prototype.query = async function (this: pg.Client, ...args: Parameters<typeof query>) {
      if (args[0] === ('BEGIN' as unknown) && !isDropped) {
        isDropped = true; // what is granted has just been looked up
        await asRoot(
          `DROP TABLE app_${run}.${gone}; DROP FUNCTION app_${run}.${gone}; DROP TYPE app_${run}.kind_${gone}; DROP SCHEMA ${gone}`,
        );
      }
      return query.apply(this, args);
    } as typeof query;
    const step = await revocation(responderUrl, role);
    try {
      await step.revoke(CONTEXT);
    } finally {
      pg.Client.prototype.query = query;
    }
    expect(isDropped).toBe(true);
    expect(await step.verify(CONTEXT)).toEqual(dead(role));
  });

  test('what somebody granted whom we may not act for: the rest is taken, and it says whose it is', async () => {
    const { role } = await newRole();
    // Seen from each database with grants, and named once.
    await asRoot(`GRANT CREATE ON DATABASE appdb TO ${role}`);
    await asRoot(`SET ROLE ${owner}; GRANT SELECT ON app_${run}.orders TO ${role}`, inSecond(server().url));
    await asRoot(`CREATE TABLE of_super_${run} (); GRANT SELECT ON of_super_${run} TO ${role};
      SET ROLE ${owner}; GRANT SELECT ON app_${run}.orders TO ${role}`);
    const step = await revocation(responderUrl, role);
    const error = await failureOf(step.revoke(CONTEXT));
    expect(error.message).toBe(
      `what others granted stays: DATABASE appdb by "super" (make Wayward's role a member of it), TABLE public.of_super_${run} by "super" (make Wayward's role a member of it)`,
    );
    expect(error).toMatchObject({ retryable: false });
    expect(await step.verify(CONTEXT)).toMatchObject({
      dead: false,
      proof: expect.stringContaining('grants on 2 objects'),
    });
    const asSuper = await revocation(server().url, role);
    await asSuper.revoke(CONTEXT);
    expect(await asSuper.verify(CONTEXT)).toEqual(dead(role));
  });

  test.each([
    [
      'owns a table',
      (role: string) => `CREATE TABLE of_${role} (); ALTER TABLE of_${role} OWNER TO ${role}`,
      /owns \(1 objects\)/,
    ],
    ['may make roles', (role: string) => `ALTER ROLE ${role} CREATEROLE`, /may as CREATEROLE/],
    ['may replicate', (role: string) => `ALTER ROLE ${role} REPLICATION`, /may as REPLICATION/],
    ['is a superuser', (role: string) => `ALTER ROLE ${role} SUPERUSER`, /may as SUPERUSER/],
  ])('a role that %s: its grants are taken, and it is never called dead', async (_what, make, what) => {
    const { role } = await newRole();
    await asRoot(make(role));
    await asRoot(`SET ROLE ${owner}; GRANT SELECT ON app_${run}.orders TO ${role}`);
    const step = await revocation(server().url, role);
    const error = await failureOf(step.revoke(CONTEXT));
    expect(error.message).toMatch(what);
    expect(error).toMatchObject({ retryable: false });
    const proof = await step.verify(CONTEXT);
    expect(proof).toMatchObject({ dead: false, proof: expect.stringMatching(what) });
    expect(proof?.proof).toContain('has grants on 0 objects');
  });

  test('what PUBLIC may is left to it, and said', async () => {
    const { role } = await newRole();
    await asRoot(`CREATE TABLE public_${run} (); GRANT SELECT ON public_${run} TO PUBLIC`);
    const step = await revocation(responderUrl, role);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual(dead(role, 1));
    await asRoot(`DROP TABLE public_${run}`);
  });

  test.each([`x"; ALTER ROLE ${responder} SUPERUSER; --${run}`, `group ${run}`, `ünï'code${run}`])(
    'a hostile name is a name and nothing more, of the role, a table, a column and a schema: %j',
    async (name) => {
      const { role } = await newRole(name);
      const n = quoted(name);
      await asRoot(`GRANT CREATE ON DATABASE appdb TO ${owner}; SET ROLE ${owner}; CREATE SCHEMA ${n}; CREATE TABLE ${n}.${n} (${n} int);
        GRANT USAGE ON SCHEMA ${n} TO ${n}; GRANT SELECT (${n}) ON ${n}.${n} TO ${n}; GRANT INSERT ON ${n}.${n} TO ${n}`);
      const step = await revocation(responderUrl, role);
      expect((await step.verify(CONTEXT))?.dead).toBe(false);
      await step.revoke(CONTEXT);
      expect(await step.verify(CONTEXT)).toEqual(dead(role));
      const { rows } = await asRoot(`SELECT rolsuper FROM pg_roles WHERE rolname = '${responder}'`);
      expect(rows).toEqual([{ rolsuper: false }]);
    },
  );

  test('a role that is not there is a clear failure, and never called dead', async () => {
    const step = await revocation(responderUrl, 'nobody_at_all');
    const error = await failureOf(step.revoke(CONTEXT));
    expect(error.message).toBe('no role "nobody_at_all" on this server: check the registry');
    expect(error).toMatchObject({ retryable: false });
    expect(await step.verify(CONTEXT)).toEqual({ dead: false, proof: 'no role "nobody_at_all" on this server' });
  });

  test("Wayward's own role is refused", async () => {
    const step = await revocation(responderUrl, responder);
    expect((await failureOf(step.revoke(CONTEXT))).message).toContain('the role that Wayward itself connects as');
  });

  test('without the right to end sessions or to take memberships it says so, and nothing is proven', async () => {
    const { url: weak } = await newRole();
    const { role } = await newRole();
    await asRoot(`GRANT ${group} TO ${role}`);
    const step = await revocation(weak, role);
    expect((await failureOf(step.revoke(CONTEXT))).message).toMatch(/42501|^what others granted stays: membership of/);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false });
  });
});

test('Wayward cannot undo it, and says how a person can', () => {
  expect(postgresGrants).toMatchObject({ reversible: false, undo: expect.stringContaining('log of the server') });
});

test.each([{}, { role: '' }, { role: 'x'.repeat(64) }, { role: 'a\0b' }, { role: 'a', table: 'b' }])(
  'a wrong revoke entry is refused: %j',
  (spec) => {
    expect(postgresGrants.specSchema.safeParse({ with: 'postgres-grants', ...spec }).success).toBe(false);
  },
);
