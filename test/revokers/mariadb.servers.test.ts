import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import mysql from 'mysql2/promise';
import { beforeAll, expect, test } from 'vitest';
import type { Revocation } from '../../src/response/action.ts';
import { mariadb } from '../../src/revokers/mariadb.ts';
import { freePort } from '../servers/free-port.ts';
import { startMariaDb } from '../servers/mariadb.ts';
import { describeWith } from '../servers/require-server.ts';
import { failureOf } from './failure.ts';
import { secretOf } from './secret-of.ts';

const CONTEXT = { key: 'k', credential: 'cred', agent: 'agent' };
const PASSWORD = 'p%ss/w0rd-canary';
const LOCKED = 'Access denied, this account is locked';

/** Unique, so that a server that is used again has none of the names. */
const run = process.pid.toString(36);

async function revocation(url: string, user: string): Promise<Revocation> {
  return mariadb.prepare({ url: await secretOf(url) }, { with: 'mariadb', user });
}

describeWith('revoking a MariaDB user', startMariaDb, (server) => {
  const responder = `responder_${run}`;
  let responderUrl = '';

  beforeAll(async () => {
    const { query, urlFor } = server();
    await query('CREATE USER ?@? IDENTIFIED BY ?', [responder, '127.0.0.1', 'resppw']);
    await query('GRANT CREATE USER, CONNECTION ADMIN, PROCESS ON *.* TO ?@?', [responder, '127.0.0.1']);
    await query('GRANT SELECT (User, Host, Priv) ON mysql.global_priv TO ?@?', [responder, '127.0.0.1']);
    responderUrl = urlFor(responder, 'resppw');
  });

  async function newUser(name: string, ...hosts: string[]): Promise<string> {
    for (const host of hosts.length === 0 ? ['%'] : hosts)
      await server().query('CREATE USER ?@? IDENTIFIED BY ?', [name, host, 'agentpw']);
    return server().urlFor(name, 'agentpw');
  }

  /** A client that is in use, and its end. */
  async function clientOf(url: string): Promise<{ client: mysql.Connection; died: Promise<unknown> }> {
    const client = await mysql.createConnection(url);
    const died = new Promise((resolve) => client.on('error', resolve));
    await client.query('SELECT 1');
    return { client, died };
  }

  async function logsIn(url: string): Promise<boolean> {
    const client = await mysql.createConnection(url);
    await client.end();
    return true;
  }

  test('a lock on the whole server that it holds does not keep it from being locked out', async () => {
    const user = `clinging_${run}`;
    const url = await newUser(user);
    await server().query('GRANT RELOAD ON *.* TO ?@?', [user, '%']);
    const clinging = await clientOf(url);
    await clinging.client.query('FLUSH TABLES WITH READ LOCK');
    const step = await revocation(responderUrl, user);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true });
    await clinging.died;
  });

  test('its live session dies, a new login is refused, a repeat is harmless, and restore lets it in again', async () => {
    const user = `agent_${run}`;
    const url = await newUser(user);
    const { died } = await clientOf(url);
    const step = await revocation(responderUrl, user);

    expect(await step.verify(CONTEXT)).toEqual({
      dead: false,
      alive: true,
      proof: `user \`${user}\` may log in as its accounts at \`%\`, sessions left: 1`,
    });
    await step.revoke(CONTEXT);
    const dead = { dead: true, alive: false, proof: `user \`${user}\` is locked, sessions left: 0` };
    expect(await step.verify(CONTEXT)).toEqual(dead);
    await died;
    await expect(mysql.createConnection(url)).rejects.toThrow(LOCKED);

    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual(dead);

    await step.restore?.(CONTEXT);
    await step.restore?.(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, alive: true });
    expect(await logsIn(url)).toBe(true);
  });

  test('a session in the middle of a statement dies too', async () => {
    const user = `busy_${run}`;
    const { client } = await clientOf(await newUser(user));
    const ended = expect(client.query('SELECT SLEEP(60)')).rejects.toThrow();
    const step = await revocation(responderUrl, user);
    await step.revoke(CONTEXT);
    expect((await step.verify(CONTEXT))?.dead).toBe(true);
    await ended;
  });

  test('its accounts at every host are locked: none is a way back', async () => {
    const user = `hosts_${run}`;
    const url = await newUser(user, '127.0.0.1', 'localhost', '10.%');
    await server().query('ALTER USER ?@? ACCOUNT LOCK', [user, 'localhost']);
    const step = await revocation(responderUrl, user);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, alive: false });
    await step.revoke(CONTEXT);
    expect((await step.verify(CONTEXT))?.dead).toBe(true);
    await expect(mysql.createConnection(url)).rejects.toThrow(LOCKED);
  });

  test.each([
    `x'@'%' ACCOUNT LOCK, '`,
    'x`@`%` IDENTIFIED BY `y',
    `x\\' OR 1=1; -- `,
    'with.dot',
    'ends with a space ',
    'user@host',
    'ünïcode',
  ])('a hostile name is a name and nothing more: %j', async (name) => {
    const user = `${name}${run}`;
    const url = await newUser(user);
    const { died } = await clientOf(url);
    await server().query(`SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES'`);
    const step = await revocation(responderUrl, user);
    await step.revoke(CONTEXT);
    await server().query('SET GLOBAL sql_mode = DEFAULT');
    expect((await step.verify(CONTEXT))?.dead).toBe(true);
    await died;
    await expect(mysql.createConnection(url)).rejects.toThrow(LOCKED);
    expect(await logsIn(responderUrl)).toBe(true);
  });

  test('others go on, even one whose name differs in case only', async () => {
    const { client } = await clientOf(await newUser(`Culprit_${run}`));
    await newUser(`culprit_${run}`);
    const step = await revocation(responderUrl, `culprit_${run}`);
    await step.revoke(CONTEXT);
    expect((await step.verify(CONTEXT))?.dead).toBe(true);
    expect((await client.query('SELECT 1 AS alive'))[0]).toEqual([{ alive: 1 }]);
    await client.end();
  });

  test('a user that is not there is a clear failure, and never called dead or alive', async () => {
    const step = await revocation(responderUrl, 'nobody_at_all');
    for (const attempt of [step.revoke, step.restore]) {
      const error = await failureOf(attempt?.(CONTEXT));
      expect(error).toMatchObject({ retryable: false });
      expect(error.message).toBe('no user `nobody_at_all` on this server: check the registry');
    }
    expect(await step.verify(CONTEXT)).toEqual({ dead: false, proof: 'no user `nobody_at_all` on this server' });
  });

  test('a role of that name is no user', async () => {
    await server().query(`CREATE ROLE role_${run}`);
    expect((await failureOf((await revocation(responderUrl, `role_${run}`)).revoke(CONTEXT))).message).toContain(
      'no user',
    );
  });

  test("Wayward's own user is refused", async () => {
    const error = await failureOf((await revocation(responderUrl, responder)).revoke(CONTEXT));
    expect(error.message).toContain('the user that Wayward itself connects as');
    expect(await logsIn(responderUrl)).toBe(true);
  });

  test.each([
    ['CREATE USER, CONNECTION ADMIN', /PROCESS privilege/],
    ['CREATE USER, PROCESS', /CONNECTION ADMIN/],
    ['CONNECTION ADMIN, PROCESS', /CREATE USER/],
  ])('with %s only, it fails at once, says what is missing, and nothing is proven', async (rights, missing) => {
    const weak = `weak_${rights.length}_${run}`;
    const url = await newUser(weak);
    await server().query(`GRANT ${rights} ON *.* TO ?`, [weak]);
    await server().query('GRANT SELECT (User, Host, Priv) ON mysql.global_priv TO ?', [weak]);
    const target = `target_${rights.length}_${run}`;
    const { client } = await clientOf(await newUser(target));
    const step = await revocation(url, target);
    const error = await failureOf(step.revoke(CONTEXT));
    expect(error).toMatchObject({ retryable: false });
    expect(error.message).toMatch(missing);
    const proof = await step.verify(CONTEXT).catch((reason: unknown) => reason);
    expect(proof).not.toMatchObject({ dead: true });
    await client.end();
  });

  test('a wrong password is no reason to try again, and is not in the message', async () => {
    const error = await failureOf((await revocation(server().urlFor(responder, PASSWORD), 'x')).verify(CONTEXT));
    expect(error.retryable).toBe(false);
    expect(error.message).toContain('ER_ACCESS_DENIED_ERROR');
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain('canary');
  });
});

const urlTo = (port: number): string => `mysql://w:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`;

test('a server that is down may answer later', async () => {
  const error = await failureOf((await revocation(urlTo(await freePort()), 'x')).revoke(CONTEXT));
  expect(error.retryable).toBe(true);
  expect(error.message).toContain('ECONNREFUSED');
  expect(error.message).not.toContain('canary');
});

test('a server that hangs up may answer later', async () => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const error = await failureOf((await revocation(urlTo((server.address() as AddressInfo).port), 'x')).revoke(CONTEXT));
  expect(error.retryable).toBe(true);
  server.close();
});

test('a URL that is none fails for good, without showing it', async () => {
  const error = await failureOf((await revocation(`mysql://w:${PASSWORD}@[bad/db`, 'x')).revoke(CONTEXT));
  expect(error.retryable).toBe(false);
  expect(error.message).not.toContain('canary');
});

test.each([{}, { user: '' }, { user: 'x'.repeat(129) }, { user: 'a\0b' }, { user: 'a', host: '%' }])(
  'a wrong revoke entry is refused: %j',
  (spec) => {
    expect(mariadb.specSchema.safeParse({ with: 'mariadb', ...spec }).success).toBe(false);
  },
);
