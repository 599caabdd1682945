import mysql from 'mysql2/promise';
import { beforeAll, expect, test } from 'vitest';
import type { Revocation } from '../../src/response/action.ts';
import { mariadbGrants } from '../../src/revokers/mariadb-grants.ts';
import { startMariaDb } from '../servers/mariadb.ts';
import { describeWith } from '../servers/require-server.ts';
import { placed, snippets } from './docs-snippet.ts';
import { failureOf } from './failure.ts';
import { secretOf } from './secret-of.ts';

const CONTEXT = { key: 'k', credential: 'cred', agent: 'agent' };

/** Unique, so that a server that is used again has none of the names. */
const run = process.pid.toString(36);

async function revocation(url: string, user: string): Promise<Revocation> {
  return mariadbGrants.prepare({ url: await secretOf(url) }, { with: 'mariadb-grants', user });
}

describeWith('taking the grants of a MariaDB user', startMariaDb, (server) => {
  const [responder, database, role] = [`responder_${run}`, `app_${run}`, `readers_${run}`];
  let responderUrl = '';
  let count = 0;

  beforeAll(async () => {
    const { query, urlFor } = server();
    const [asDocumented = ''] = snippets('issuers.md', '## MariaDB and MySQL', 'sql');
    const places = { wayward_responder: responder, '10.4.%': '127.0.0.1', '…': 'resppw' };
    const statements = placed(asDocumented, places).replaceAll(/--.*$/gm, '').split(';');
    for (const sql of statements.map((text) => text.trim()).filter((text) => text !== '' && !text.includes('PROXY')))
      await query(sql);
    responderUrl = urlFor(responder, 'resppw');
    await query(`CREATE DATABASE ${database}`);
    await query(`CREATE TABLE ${database}.orders (id int, note text)`);
    await query(`CREATE TABLE ${database}.secrets (id int)`);
    await query(`INSERT INTO ${database}.secrets VALUES (7)`);
    await query(`CREATE PROCEDURE ${database}.total() SELECT 1`);
    await query(`CREATE ROLE ${role}`);
    await query(`GRANT SELECT ON ${database}.* TO ${role}`);
  });

  async function newUser(hosts = ['%'], user = `agent_${run}_${++count}`): Promise<{ user: string; url: string }> {
    for (const host of hosts) await server().query('CREATE USER ?@? IDENTIFIED BY ?', [user, host, 'agentpw']);
    return { user, url: server().urlFor(user, 'agentpw') };
  }
  const grant = (what: string, user: string, host = '%', rest = '') =>
    server().query(`GRANT ${what} TO ?@? ${rest}`, [user, host]);
  async function clientOf(url: string): Promise<{ client: mysql.Connection; died: Promise<unknown> }> {
    const client = await mysql.createConnection(url);
    return { client, died: new Promise((resolve) => client.on('error', resolve)) };
  }
  const dead = (user: string, ...hosts: string[]) => ({
    dead: true,
    proof: `user \`${user}\`, with accounts at ${hosts.map((host) => `\`${host}\``).join(', ')}, is granted USAGE only`,
  });

  test('all of them, at every host: a client that used them is refused, another user goes on', async () => {
    const { user, url } = await newUser(['%', '10.4.%']);
    const { user: other, url: otherUrl } = await newUser();
    await grant('PROCESS, FILE ON *.*', user, '%', 'WITH GRANT OPTION');
    await grant(`SELECT ON ${database}.*`, user, '10.4.%');
    await grant(`INSERT, UPDATE (id) ON ${database}.orders`, user);
    await grant(`EXECUTE ON PROCEDURE ${database}.total`, user);
    await grant(role, user, '%', 'WITH ADMIN OPTION');
    await server().query(`SET DEFAULT ROLE ${role} FOR ?@?`, [user, '%']);
    await grant(`SELECT ON ${database}.secrets`, other);
    await grant('PROCESS ON *.*', other);
    const [agent, bystander] = [await clientOf(url), await clientOf(otherUrl)];
    expect((await agent.client.query(`SELECT * FROM ${database}.secrets`))[0]).toEqual([{ id: 7 }]);

    const step = await revocation(responderUrl, user);
    const before = await step.verify(CONTEXT);
    expect(before?.dead).toBe(false);
    expect(before?.proof).toMatch(
      /is granted `readers_\w+` WITH GRANT OPTION, |PROCESS, FILE ON \*\.\* WITH GRANT OPTION/,
    );
    // SHOW GRANTS gives the hash of the password, too.
    expect(before?.proof).not.toMatch(/IDENTIFIED|\*[0-9A-F]{40}/);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual(dead(user, '%', '10.4.%'));
    await agent.died;
    const { client } = await clientOf(url);
    for (const sql of [
      `SELECT * FROM ${database}.secrets`,
      `INSERT INTO ${database}.orders (id) VALUES (1)`,
      `CALL ${database}.total()`,
      `SET ROLE ${role}`,
      "SELECT LOAD_FILE('/etc/hostname') FROM mysql.user",
    ])
      await expect(client.query(sql), sql).rejects.toThrow(/denied|Invalid role/);
    await client.end();
    expect((await bystander.client.query(`SELECT * FROM ${database}.secrets`))[0]).toEqual([{ id: 7 }]);
    await bystander.client.end();

    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual(dead(user, '%', '10.4.%'));
  });

  test('a session that keeps privileges of the whole server, or a role, dies', async () => {
    const { user, url } = await newUser();
    await grant('PROCESS ON *.*', user);
    await grant(role, user);
    const { client, died } = await clientOf(url);
    await client.query(`SET ROLE ${role}`);
    const step = await revocation(responderUrl, user);
    await step.revoke(CONTEXT);
    await died;
    await expect(client.query(`SELECT * FROM ${database}.secrets`)).rejects.toThrow();
  });

  test('limits and the lock of an account are no grants, and stay', async () => {
    const { user } = await newUser();
    await server().query('ALTER USER ?@? WITH MAX_QUERIES_PER_HOUR 7 ACCOUNT LOCK', [user, '%']);
    await server().query(`ALTER USER ?@? REQUIRE SUBJECT '/CN=x WITH GRANT OPTION'`, [user, '%']);
    await grant(`SELECT ON ${database}.*`, user);
    const step = await revocation(responderUrl, user);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual(dead(user, '%'));
    const [kept] = await server().query('SHOW CREATE USER ?@?', [user, '%']);
    expect(JSON.stringify(kept)).toMatch(/MAX_QUERIES_PER_HOUR 7.*ACCOUNT LOCK/);
  });

  test('GRANT OPTION alone is something left', async () => {
    const { user } = await newUser();
    await grant('USAGE ON *.*', user, '%', 'WITH GRANT OPTION');
    expect(await (await revocation(responderUrl, user)).verify(CONTEXT)).toEqual({
      dead: false,
      proof: `user \`${user}\`, with accounts at \`%\`, is granted USAGE ON *.* WITH GRANT OPTION`,
    });
  });

  test('a proxy goes, too, for whoever may take it; without that right it says so, and nothing is proven', async () => {
    const [{ user }, { user: other }] = [await newUser(), await newUser()];
    await server().query('GRANT PROXY ON ?@? TO ?@?', [other, '%', user, '%']);
    const step = await revocation(responderUrl, user);
    expect((await failureOf(step.revoke(CONTEXT))).retryable).toBe(false);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, proof: expect.stringContaining('PROXY ON') });
    await server().query("GRANT PROXY ON ''@'%' TO ?@? WITH GRANT OPTION", [responder, '127.0.0.1']);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual(dead(user, '%'));
  });

  test.each([`x'@'%' TO root; -- `, 'x` TO `y', 'with.dot', ' TO ', 'user@host', 'ünïcode'])(
    'a hostile name is a name and nothing more, of the user and of a database: %j',
    async (name) => {
      const { user } = await newUser(['%'], `${name}${run}`);
      const hostile = mysql.escapeId(name.trim(), true);
      await server().query(`CREATE DATABASE IF NOT EXISTS ${hostile}`);
      await grant(`SELECT ON ${hostile}.*`, user, '%', 'WITH GRANT OPTION');
      const step = await revocation(responderUrl, user);
      expect(await step.verify(CONTEXT)).toMatchObject({ dead: false });
      await step.revoke(CONTEXT);
      expect((await step.verify(CONTEXT))?.dead).toBe(true);
      expect(await server().query('SHOW GRANTS FOR ?@?', [responder, '127.0.0.1'])).not.toHaveLength(1);
    },
  );

  test('others keep theirs, even one whose name differs in case only', async () => {
    await newUser(['%'], `Culprit_${run}`);
    await newUser(['%'], `culprit_${run}`);
    for (const user of [`Culprit_${run}`, `culprit_${run}`]) await grant(`SELECT ON ${database}.*`, user);
    await (await revocation(responderUrl, `culprit_${run}`)).revoke(CONTEXT);
    expect(await (await revocation(responderUrl, `Culprit_${run}`)).verify(CONTEXT)).toMatchObject({ dead: false });
  });

  test('a user that is not there is a clear failure, and never called dead', async () => {
    const step = await revocation(responderUrl, 'nobody_at_all');
    const error = await failureOf(step.revoke(CONTEXT));
    expect(error).toMatchObject({ retryable: false });
    expect(error.message).toBe('no user `nobody_at_all` on this server: check the registry');
    expect(await step.verify(CONTEXT)).toEqual({ dead: false, proof: 'no user `nobody_at_all` on this server' });
  });

  test("Wayward's own user is refused", async () => {
    const error = await failureOf((await revocation(responderUrl, responder)).revoke(CONTEXT));
    expect(error.message).toContain('the user that Wayward itself connects as');
  });

  test.each([
    ['CREATE USER, CONNECTION ADMIN', /PROCESS privilege/],
    ['CREATE USER, PROCESS', /CONNECTION ADMIN/],
    ['CONNECTION ADMIN, PROCESS', /CREATE USER|command denied|Access denied/],
  ])('with %s only, it fails at once, says what is missing, and nothing is proven', async (rights, missing) => {
    const { user: weak, url } = await newUser();
    await grant(`${rights} ON *.*`, weak);
    await grant('SELECT ON mysql.*', weak);
    const target = await newUser();
    await grant(`SELECT ON ${database}.*`, target.user);
    const { client } = await clientOf(target.url);
    const step = await revocation(url, target.user);
    const error = await failureOf(step.revoke(CONTEXT));
    expect(error).toMatchObject({ retryable: false });
    expect(error.message).toMatch(missing);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false });
    client.destroy();
  });
});

test.each([{}, { user: '' }, { user: 'x'.repeat(129) }, { user: 'a\0b' }, { user: 'a', host: '%' }])(
  'a wrong revoke entry is refused: %j',
  (spec) => {
    expect(mariadbGrants.specSchema.safeParse({ with: 'mariadb-grants', ...spec }).success).toBe(false);
  },
);
