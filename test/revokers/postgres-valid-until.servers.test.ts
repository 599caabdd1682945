import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import type { Revocation } from '../../src/response/action.ts';
import { postgresValidUntil } from '../../src/revokers/postgres-valid-until.ts';
import { startPostgres } from '../servers/postgres.ts';
import { describeWith } from '../servers/require-server.ts';
import { failureOf } from './failure.ts';
import { letManage } from './let-manage.ts';
import { secretOf } from './secret-of.ts';

const CONTEXT = { key: 'k', credential: 'cred', agent: 'agent' };
const WITH = 'postgres-valid-until';

/** Unique, so that a server that is used again has none of the names. */
const run = process.pid.toString(36);

async function revocation(url: string, role: string, spec = {}): Promise<Revocation> {
  return postgresValidUntil.prepare({ url: await secretOf(url) }, { with: WITH, role, ...spec });
}

describeWith('letting the password of a PostgreSQL role expire', startPostgres, (server) => {
  const responder = `responder_${run}`;
  let responderUrl = '';

  beforeAll(async () => {
    const { query, urlFor } = server();
    await query(`CREATE ROLE ${responder} LOGIN CREATEROLE PASSWORD 'resppw'; GRANT pg_signal_backend TO ${responder}`);
    responderUrl = urlFor(responder, 'resppw');
  });

  async function newRole(name: string, until = ''): Promise<string> {
    await server().query(`CREATE ROLE ${pg.escapeIdentifier(name)} LOGIN PASSWORD 'agentpw' ${until}`);
    await letManage(server(), name, responder);
    return server().urlFor(encodeURIComponent(name), 'agentpw');
  }
  async function logIn(url: string): Promise<void> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.end();
  }
  const untilOf = async (role: string) =>
    (await server().query('SELECT rolvaliduntil::text AS until FROM pg_roles WHERE rolname = $1', [role])).rows[0]
      ?.until;

  test('its live session dies, a new login is refused, the proof says so, and a repeat moves nothing; another role goes on', async () => {
    const role = `agent_${run}`;
    const url = await newRole(role);
    const bystander = new pg.Client({ connectionString: await newRole(`other_${run}`) });
    await bystander.connect();
    const session = new pg.Client({ connectionString: url });
    const died = new Promise((resolve) => session.on('error', resolve));
    await session.connect();
    const step = await revocation(responderUrl, role);
    expect(await step.verify(CONTEXT)).toEqual({
      dead: false,
      alive: true,
      proof: `the password of role "${role}" is valid until infinity, sessions left: 1`,
    });
    await step.revoke(CONTEXT);
    const until = await untilOf(role);
    const dead = {
      dead: true,
      alive: false,
      proof: `the password of role "${role}" is valid until ${until}, sessions left: 0`,
    };
    expect(await step.verify(CONTEXT)).toEqual(dead);
    await died;
    await expect(logIn(url)).rejects.toThrow('password authentication failed');
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual(dead);
    expect((await bystander.query('SELECT 1 AS alive')).rows).toEqual([{ alive: 1 }]);
    await bystander.end();
  });

  test.each(['infinity', '2999-09-01T00:00:00Z'])(
    'with restore_to %s in the registry it can be undone, by that; without, not at all',
    async (until) => {
      const role = `back_${until.slice(0, 4)}_${run}`;
      const url = await newRole(role, "VALID UNTIL '2998-01-01'");
      const spec = { with: WITH, role, restore_to: until };
      expect(postgresValidUntil.reversible).toBe(false);
      expect(postgresValidUntil.reversibleWith?.({}, spec)).toBe(true);
      expect(postgresValidUntil.reversibleWith?.({}, { with: WITH, role })).toBe(false);
      expect((await revocation(responderUrl, role)).restore).toBeUndefined();

      const step = await revocation(responderUrl, role, { restore_to: until });
      await step.revoke(CONTEXT);
      await expect(logIn(url)).rejects.toThrow('password authentication failed');
      await step.restore?.(CONTEXT);
      await step.restore?.(CONTEXT);
      expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, alive: true });
      expect(await untilOf(role)).toMatch(until === 'infinity' ? /^infinity$/ : /^2999-09-01/);
      await logIn(url);
    },
  );

  test('a change of itself that it leaves open does not keep it from expiring', async () => {
    const role = `clinging_${run}`;
    const clinging = new pg.Client({ connectionString: await newRole(role) });
    clinging.on('error', () => {});
    await clinging.connect();
    await clinging.query(`BEGIN; ALTER ROLE ${role} PASSWORD 'another'`);
    const step = await revocation(responderUrl, role);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true });
  });

  test('one that has expired before stays as it was, and its sessions end', async () => {
    const role = `expired_${run}`;
    const url = await newRole(role);
    const session = new pg.Client({ connectionString: url });
    const died = new Promise((resolve) => session.on('error', resolve));
    await session.connect();
    await server().query(`ALTER ROLE ${role} VALID UNTIL '2001-01-01'`);
    const step = await revocation(responderUrl, role);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, alive: false });
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true });
    await died;
    expect(await untilOf(role)).toMatch(/^2001-01-01/);
  });

  test('a hostile role name is a name and nothing more', async () => {
    const role = `x"; ALTER ROLE ${responder} SUPERUSER; --${run}`;
    const url = await newRole(role);
    const step = await revocation(responderUrl, role, { restore_to: 'infinity' });
    await step.revoke(CONTEXT);
    expect((await step.verify(CONTEXT))?.dead).toBe(true);
    await expect(logIn(url)).rejects.toThrow('password authentication failed');
    await step.restore?.(CONTEXT);
    await logIn(url);
    const { rows } = await server().query('SELECT rolsuper FROM pg_roles WHERE rolname = $1', [responder]);
    expect(rows).toEqual([{ rolsuper: false }]);
  });

  test('a role that is not there is a clear failure, and never called dead', async () => {
    const step = await revocation(responderUrl, 'nobody_at_all', { restore_to: 'infinity' });
    for (const attempt of [step.revoke, step.restore]) {
      const error = await failureOf(attempt?.(CONTEXT));
      expect(error).toMatchObject({ retryable: false });
      expect(error.message).toBe('no role "nobody_at_all" on this server: check the registry');
    }
    expect(await step.verify(CONTEXT)).toEqual({ dead: false, proof: 'no role "nobody_at_all" on this server' });
  });

  test("Wayward's own role is refused", async () => {
    const step = await revocation(responderUrl, responder);
    expect((await failureOf(step.revoke(CONTEXT))).message).toContain('the role that Wayward itself connects as');
    await logIn(responderUrl);
  });

  test('without the right to do it, it fails at once and says so', async () => {
    const weak = await newRole(`weak_${run}`);
    await newRole(`target_${run}`);
    const step = await revocation(weak, `target_${run}`);
    const error = await failureOf(step.revoke(CONTEXT));
    expect(error).toMatchObject({ retryable: false });
    expect(error.message).toMatch(/42501.*(permission|CREATEROLE)/i);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false });
  });
});

test.each([
  {},
  { role: '' },
  { role: 'x'.repeat(64) },
  { role: 'a\0b' },
  { role: 'a', restore_to: 'tomorrow' },
  { role: 'a', restore_to: '2027-09-01T00:00:00' },
  { role: 'a', restore_to: "infinity'; DROP TABLE x; --" },
])('a wrong revoke entry is refused: %j', (spec) => {
  expect(postgresValidUntil.specSchema.safeParse({ with: WITH, ...spec }).success).toBe(false);
});
