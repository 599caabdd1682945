import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import type { Revocation } from '../../src/response/action.ts';
import { postgres } from '../../src/revokers/postgres.ts';
import { freePort } from '../servers/free-port.ts';
import { startPostgres } from '../servers/postgres.ts';
import { describeWith } from '../servers/require-server.ts';
import { failureOf } from './failure.ts';
import { letManage } from './let-manage.ts';
import { secretOf } from './secret-of.ts';

const CONTEXT = { key: 'k', credential: 'cred', agent: 'agent' };
const PASSWORD = 'p%ss/w0rd-canary';

/** Unique, so that a server that is used again has none of the names. */
const run = process.pid.toString(36);

async function revocation(url: string, role: string): Promise<Revocation> {
  return postgres.prepare({ url: await secretOf(url) }, { with: 'postgres', role });
}

describeWith('revoking a PostgreSQL role', startPostgres, (server) => {
  const responder = `responder_${run}`;
  let responderUrl = '';

  beforeAll(async () => {
    const { query, urlFor } = server();
    await query(`CREATE ROLE ${responder} LOGIN CREATEROLE PASSWORD 'resppw'; GRANT pg_signal_backend TO ${responder}`);
    responderUrl = urlFor(responder, 'resppw');
  });

  async function newRole(name: string): Promise<string> {
    await server().query(`CREATE ROLE ${pg.escapeIdentifier(name)} LOGIN PASSWORD 'agentpw'`);
    await letManage(server(), name, responder);
    return server().urlFor(encodeURIComponent(name), 'agentpw');
  }

  test('its live session dies, a new login is refused, and the proof says so', async () => {
    const role = `agent_${run}`;
    const url = await newRole(role);
    const session = new pg.Client({ connectionString: url });
    const died = new Promise((resolve) => session.on('error', resolve));
    await session.connect();
    const step = await revocation(responderUrl, role);

    expect(await step.verify(CONTEXT)).toEqual({
      dead: false,
      alive: true,
      proof: `role "${role}" may still log in, sessions left: 1`,
    });
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual({
      dead: true,
      alive: false,
      proof: `role "${role}" is NOLOGIN, sessions left: 0`,
    });
    await died;
    await expect(new pg.Client({ connectionString: url }).connect()).rejects.toThrow('not permitted to log in');

    await step.revoke(CONTEXT);
    expect((await step.verify(CONTEXT))?.dead).toBe(true);

    await step.restore?.(CONTEXT);
    await step.restore?.(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, alive: true });
    const again = new pg.Client({ connectionString: url });
    await again.connect();
    await again.end();
  });

  test('a hostile role name is a name and nothing more', async () => {
    const role = `x"; ALTER ROLE ${responder} SUPERUSER; --${run}`;
    const url = await newRole(role);
    const step = await revocation(responderUrl, role);
    await step.revoke(CONTEXT);
    expect((await step.verify(CONTEXT))?.dead).toBe(true);
    await expect(new pg.Client({ connectionString: url }).connect()).rejects.toThrow('not permitted to log in');
    const { rows } = await server().query('SELECT rolsuper FROM pg_roles WHERE rolname = $1', [responder]);
    expect(rows).toEqual([{ rolsuper: false }]);
  });

  test('a change of itself that it leaves open does not keep it from being locked out', async () => {
    const role = `clinging_${run}`;
    const clinging = new pg.Client({ connectionString: await newRole(role) });
    clinging.on('error', () => {});
    await clinging.connect();
    await clinging.query(`BEGIN; ALTER ROLE ${role} PASSWORD 'another'`);
    const step = await revocation(responderUrl, role);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true });
  });

  test('what the owner of a database sets for it is not what Wayward goes by', async () => {
    const [owner, database] = [`dbowner_${run}`, `of_owner_${run}`];
    const ownerUrl = Object.assign(new URL(await newRole(owner)), { pathname: `/${database}` }).href;
    await server().query(`CREATE DATABASE ${database} OWNER ${owner}`);
    const client = new pg.Client({ connectionString: ownerUrl });
    await client.connect();
    // Whoever looks up a role here, as a superuser say, would do what the owner likes.
    await client.query(`CREATE SCHEMA evil;
      CREATE FUNCTION evil.act() RETURNS boolean LANGUAGE plpgsql AS $$BEGIN EXECUTE 'ALTER ROLE ${owner} SUPERUSER'; RETURN true; END$$;
      CREATE VIEW evil.pg_roles AS SELECT * FROM pg_catalog.pg_roles WHERE evil.act();
      GRANT USAGE ON SCHEMA evil TO PUBLIC; GRANT SELECT ON evil.pg_roles TO PUBLIC;
      ALTER DATABASE ${database} SET search_path = evil, pg_catalog;
      ALTER DATABASE ${database} SET default_transaction_read_only = on`);
    await client.end();
    await newRole(`victim_${run}`);
    const url = Object.assign(new URL(server().url), { pathname: `/${database}` }).href;
    const step = await revocation(url, `victim_${run}`);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true });
    const { rows } = await server().query('SELECT rolsuper FROM pg_roles WHERE rolname = $1', [owner]);
    expect(rows).toEqual([{ rolsuper: false }]);
  });

  test('sessions of other roles go on', async () => {
    const bystander = new pg.Client({ connectionString: await newRole(`bystander_${run}`) });
    await bystander.connect();
    await newRole(`culprit_${run}`);
    await (await revocation(responderUrl, `culprit_${run}`)).revoke(CONTEXT);
    expect((await bystander.query('SELECT 1 AS alive')).rows).toEqual([{ alive: 1 }]);
    await bystander.end();
  });

  test('a role that is not there is never called dead', async () => {
    const step = await revocation(responderUrl, 'nobody_at_all');
    for (const attempt of [step.revoke, step.restore])
      expect(await failureOf(attempt?.(CONTEXT))).toMatchObject({ retryable: false });
    expect(await step.verify(CONTEXT)).toEqual({ dead: false, proof: 'no role "nobody_at_all" on this server' });
  });

  test("Wayward's own role is refused", async () => {
    const step = await revocation(responderUrl, responder);
    expect((await failureOf(step.revoke(CONTEXT))).message).toContain('the role that Wayward itself connects as');
  });

  test('without the right to do it, it fails at once and says so', async () => {
    const weak = await newRole(`weak_${run}`);
    await newRole(`target_${run}`);
    const error = await failureOf((await revocation(weak, `target_${run}`)).revoke(CONTEXT));
    expect(error).toMatchObject({ retryable: false });
    expect(error.message).toMatch(/42501.*(permission|CREATEROLE)/i);
  });

  test('a wrong password is no reason to try again, and is not in the message', async () => {
    const error = await failureOf((await revocation(server().urlFor(responder, PASSWORD), 'x')).verify(CONTEXT));
    expect(error.retryable).toBe(false);
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain('canary');
  });
});

test('a server that does not answer may answer later', async () => {
  const step = await revocation(`postgresql://w:${encodeURIComponent(PASSWORD)}@127.0.0.1:${await freePort()}/db`, 'x');
  const error = await failureOf(step.revoke(CONTEXT));
  expect(error.retryable).toBe(true);
  expect(error.message).toContain('ECONNREFUSED');
  expect(error.message).not.toContain('canary');
});

test('a URL that is none fails for good, without showing it', async () => {
  const error = await failureOf((await revocation(`postgresql://w:${PASSWORD}@[bad/db`, 'x')).revoke(CONTEXT));
  expect(error.retryable).toBe(false);
  expect(error.message).not.toContain('canary');
});

test.each([{}, { role: '' }, { role: 'x'.repeat(64) }, { role: 'a\0b' }, { role: 'a', table: 'b' }])(
  'a wrong revoke entry is refused: %j',
  (spec) => {
    expect(postgres.specSchema.safeParse({ with: 'postgres', ...spec }).success).toBe(false);
  },
);
