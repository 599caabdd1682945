import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { beforeAll, expect, test } from 'vitest';
import { credentialOf } from '../response/response-of.ts';
import { startFakeGcp } from '../servers/fake-gcp.ts';
import { type MariaDbServer, startMariaDb } from '../servers/mariadb.ts';
import { startMoto } from '../servers/moto.ts';
import { describeWith } from '../servers/require-server.ts';
import { startVault } from '../servers/vault.ts';
import { checkedAccounts, type PlainAccounts } from './accounts.ts';
import { eachCrash } from './each-crash.ts';
import { type Beside, beside, onFake, onMoto, onVault } from './managers.ts';
import { rotationsOf } from './rotations-of.ts';

const OLD = 'canary-old-password';
/** 32 bytes, as ed25519 needs it. */
const LONG_OLD = 'canary-old-password-of-32-bytes-';

interface Agent {
  /** How its account is identified, by host. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** What the manager holds. */
  readonly text?: string;
  readonly user?: string;
}

const ANYWHERE = { '%': `BY '${OLD}'` };

/** Unique, so that a server that is used again has none of the names. */
const run = process.pid.toString(36);
let count = 0;

/** How tests work on both servers. */
function agentsOn(servers: () => Beside<MariaDbServer>) {
  let accounts: PlainAccounts = {};
  let settings: Record<string, unknown> = {};
  const responder = `rotator_${run}`;
  beforeAll(async () => {
    const { query, urlFor } = servers().database;
    await query("SET GLOBAL log_output = 'TABLE'");
    await query('SET GLOBAL general_log = ON');
    await query('CREATE USER ?@? IDENTIFIED BY ?', [responder, '127.0.0.1', OLD]);
    await query('GRANT CREATE USER ON *.* TO ?@?', [responder, '127.0.0.1']);
    await query('GRANT SELECT (User, Host, Priv) ON mysql.global_priv TO ?@?', [responder, '127.0.0.1']);
    accounts = { mariadb: { url: urlFor(responder, OLD) }, ...servers().manager.accounts };
    settings = await checkedAccounts(accounts);
  });
  /** An agent's user with these accounts, host and how it is identified; its password is in the manager. */
  async function newAgent({ hosts = ANYWHERE, text = OLD, user = `rotated_${run}_${++count}` }: Agent = {}) {
    for (const [host, how] of Object.entries(hosts))
      await servers().database.query(`CREATE USER ?@? IDENTIFIED ${how}`, [user, host]);
    const name = `secret_${run}_${++count}`;
    await servers().manager.create(name, text);
    const rotate = { with: 'mariadb-password', user, secret: servers().manager.reference(name) };
    return { user, name, rotate, credential: credentialOf({ rotate }) };
  }
  const current = (name: string) => servers().manager.current(name);
  const held = async (name: string) => [await current(name), await servers().manager.pending(name)];
  async function logsIn(user: string, password = ''): Promise<boolean> {
    try {
      await (await mysql.createConnection(servers().database.urlFor(user, password))).end();
      return true;
    } catch {
      return false; // refused
    }
  }
  /** What the server keeps in place of a password, by host. */
  async function verifiers(user: string): Promise<Record<string, string>> {
    const rows = await servers().database.query(
      "SELECT Host, JSON_VALUE(Priv, '$.authentication_string') AS kept FROM mysql.global_priv WHERE User = ?",
      [user],
    );
    return Object.fromEntries(rows.map(({ Host, kept }) => [Host, kept]));
  }
  return {
    responder,
    accounts: () => accounts,
    settings: () => settings,
    ...{ newAgent, current, held, logsIn, verifiers },
  };
}

const MANAGERS = [
  ['Vault', beside(startMariaDb, startVault, onVault)],
  ['AWS Secrets Manager (moto)', beside(startMariaDb, startMoto, onMoto)],
  ['Google Cloud Secret Manager (a fake that holds its contract)', beside(startMariaDb, startFakeGcp, onFake)],
] as const;

for (const [title, start] of MANAGERS)
  describeWith(`rotating the password of a MariaDB user into ${title}`, start, (servers) => {
    const { accounts, settings, newAgent, held, logsIn } = agentsOn(servers);

    test('with the documented rights and no more: the new password is what readers get and logs in; the old one is kept, and refused', async () => {
      const { user, name, credential } = await newAgent();
      const session = await mysql.createConnection(servers().database.urlFor(user, OLD));
      const { response, order, make, steps } = rotationsOf([credential], settings());
      order();
      await make();
      expect(steps()).toMatchObject([
        {
          state: 'verified',
          attempts: 1,
          note: `user \`${user}\` logs in with the new password, which is the current value of the secret`,
        },
      ]);
      const [password = '', pending] = await held(name);
      expect(password).toMatch(/^[\w-]{32}$/);
      expect(pending).toBeUndefined();
      expect([await logsIn(user, password), await logsIn(user, OLD)]).toEqual([true, false]);
      expect(await servers().manager.previous(name)).toBe(OLD);
      expect((await session.query('SELECT 1 AS goes_on'))[0]).toEqual([{ goes_on: 1 }]);
      await session.end();

      const files = readdirSync(response.folder).map((file) => readFileSync(join(response.folder, file), 'latin1'));
      const said = await servers().database.query(
        "SELECT argument FROM mysql.general_log WHERE argument LIKE CONCAT('ALTER USER `', ?, '%')",
        [user],
      );
      expect(said).toHaveLength(1);
      const log = await servers().database.query(
        "SELECT argument FROM mysql.general_log WHERE user_host LIKE CONCAT('%', ?, '%')",
        [`rotator_${run}`],
      );
      expect(log.length).toBeGreaterThan(5);
      for (const secret of [password, OLD]) expect(files.join('') + JSON.stringify([said, log])).not.toContain(secret);
    });

    test('killed before and after each of its calls: the server takes what readers get, or what is pending; the next start ends it, once', async () => {
      const calls = await eachCrash(async () => {
        const { user, name, rotate, credential } = await newAgent();
        return {
          rotation: { accounts: accounts(), rotate },
          async check(folder, at) {
            const [current, pending] = await held(name);
            expect((await logsIn(user, current)) || (await logsIn(user, pending)), at).toBe(true);

            const { response, make, steps } = rotationsOf([credential], settings(), {}, { folder });
            response.at(Math.max(response.now(), Date.now()));
            await make();
            expect(steps(), at).toMatchObject([{ state: 'verified' }]);
            expect(response.audit.ofCause('rotation-1'), at).toMatchObject([{ type: 'verified' }]);
            expect(await logsIn(user, (await held(name))[0]), at).toBe(true);
            expect(await logsIn(user, OLD), at).toBe(false);
            expect([await servers().manager.previous(name), (await held(name))[1]], at).toEqual([OLD, undefined]);
            response.store.close();
          },
        };
      });
      expect(calls).toBeGreaterThan(15);
    }, 400_000);
  });

describeWith('which accounts of a MariaDB user get the new password', MANAGERS[0][1], (servers) => {
  const { responder, settings, newAgent, current, held, logsIn, verifiers } = agentsOn(servers);

  test('every one that has the password of the secret, and none that has another', async () => {
    const same = `BY '${OLD}'`;
    const { user, name, credential } = await newAgent({
      hosts: { '%': same, '10.4.%': same, 'other.example.com': "BY 'of somebody else'", '10.8.%': `BY ''` },
    });
    await servers().database.query('ALTER USER ?@? ACCOUNT LOCK', [user, '10.4.%']);
    await servers().database.query('ALTER USER ?@? REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 7', [user, '10.4.%']);
    const before = await verifiers(user);
    const { order, make, steps } = rotationsOf([credential], settings());
    order();
    await make();
    expect(steps()).toMatchObject([{ state: 'verified' }]);
    expect(await logsIn(user, await current(name))).toBe(true);
    const after = await verifiers(user);
    expect(after['10.4.%']).toBe(after['%']);
    expect(after['%']).not.toBe(before['%']);
    for (const other of ['other.example.com', '10.8.%']) expect(after[other]).toBe(before[other]);
    const [kept] = await servers().database.query(
      "SELECT JSON_VALUE(Priv, '$.account_locked') AS locked, JSON_VALUE(Priv, '$.max_questions') AS most, JSON_VALUE(Priv, '$.ssl_type') AS ssl_type FROM mysql.global_priv WHERE User = ? AND Host = ?",
      [user, '10.4.%'],
    );
    expect(kept).toMatchObject({ locked: '1', most: '7', ssl_type: '1' });
  });

  test('an account of ed25519 keeps its plugin; the login that proves it is of ed25519, too', async () => {
    await servers().database.query("INSTALL SONAME 'auth_ed25519'");
    const how = `VIA ed25519 USING PASSWORD('${LONG_OLD}')`;
    const { user, name, credential } = await newAgent({ hosts: { '%': how, '10.%': how }, text: LONG_OLD });
    const { order, make, steps } = rotationsOf([credential], settings());
    order();
    await make();
    expect(steps()).toMatchObject([{ state: 'verified' }]);
    const [password = ''] = await held(name);
    const asTheServer = `VIA ed25519 USING PASSWORD('${password}')`;
    const { user: other } = await newAgent({ hosts: { '%': asTheServer, '10.%': asTheServer } });
    expect(await verifiers(user)).toEqual(await verifiers(other));
  });

  test.each([
    ['ed25519 with a password of another length', `VIA ed25519 USING PASSWORD('${OLD}')`, /is of ed25519, .* 32 bytes/],
    ['the socket', 'VIA unix_socket', /proves itself by unix_socket; .*clear password/],
    [
      'one of several plugins',
      `VIA unix_socket OR mysql_native_password USING PASSWORD('${OLD}')`,
      /proves itself by one of several plugins; /,
    ],
  ])('an account that proves itself by %s: it says so, and nothing is changed', async (_what, how, message) => {
    const { user, name, credential } = await newAgent({ hosts: { '%': `BY '${OLD}'`, localhost: how } });
    const before = await verifiers(user);
    const { order, make, steps } = rotationsOf([credential], settings());
    order();
    await make();
    expect(steps()).toMatchObject([{ state: 'failed', note: expect.stringMatching(message) }]);
    expect(steps()[0]?.note).toContain(`the account \`${user}\`@\`localhost\` `);
    expect([await verifiers(user), await held(name)]).toEqual([before, [OLD, undefined]]);
  });

  test.each([
    [
      'the current value does not log in',
      { text: 'not the password' },
      /^the password in the secret does not log in \(the server keeps another one\): .*no way back$/,
    ],
    [
      'it may not log in from where Wayward runs',
      { hosts: { '10.9.%': `BY '${OLD}'` } },
      /^(the password in the secret does not log in|MariaDB: ER_HOST_NOT_PRIVILEGED)/,
    ],
    ['there is no such user', { hosts: {} }, /^no user `\w+` on this server: check the registry$/],
    ['it is a user that differs in case', { hosts: {}, user: `CASE_${run}` }, /^no user/],
  ])('%s: it says so, and nothing is changed', async (_what, agent: Agent, message) => {
    await servers().database.query('CREATE OR REPLACE USER ?@? IDENTIFIED BY ?', [`case_${run}`, '%', OLD]);
    const { user, name, credential } = await newAgent(agent);
    const before = await verifiers(user);
    const { order, make, steps } = rotationsOf([credential], settings());
    order();
    await make();
    expect(steps()).toMatchObject([{ state: 'failed', note: expect.stringMatching(message) }]);
    expect([await verifiers(user), (await held(name))[1]]).toEqual([before, undefined]);
    expect(await logsIn(`case_${run}`, OLD)).toBe(true);
  });

  test("Wayward's own user is refused", async () => {
    const { credential } = await newAgent({ hosts: {}, user: responder });
    const { order, make, steps } = rotationsOf([credential], settings());
    order();
    await make();
    expect(steps()).toMatchObject([
      { state: 'failed', note: expect.stringContaining('the user that Wayward itself connects as') },
    ]);
    expect(await logsIn(responder, OLD)).toBe(true);
  });

  test.each([`x'@'%' ACCOUNT LOCK, '`, 'x`@`%` IDENTIFIED BY `y', 'user@host', 'ünïcode'])(
    'a hostile name is a name and nothing more: %j',
    async (hostile) => {
      const { user, name, credential } = await newAgent({ user: `${hostile}${run}` });
      const { order, make, steps } = rotationsOf([credential], settings());
      order();
      await make();
      expect(steps()).toMatchObject([{ state: 'verified' }]);
      expect(await logsIn(user, await current(name))).toBe(true);
    },
  );

  /** Root acts right after each time that accounts were changed. */
  async function meanwhile(make: () => Promise<void>, ...acts: (() => Promise<unknown>)[]): Promise<void> {
    const { query } = mysql.Connection.prototype;
    let altered = 0;
    mysql.Connection.prototype.query = async function (this: mysql.Connection, ...args: unknown[]) {
      const result: unknown = await Reflect.apply(query, this, args);
      if (JSON.stringify(args[0]).includes('ALTER USER') && JSON.stringify(args[0]).includes('VIA'))
        await acts[altered++]?.();
      return result;
    } as typeof query;
    try {
      await make();
    } finally {
      mysql.Connection.prototype.query = query;
    }
    expect(altered).toBe(acts.length);
  }

  test('a server that refuses the new password: the old one works again, and nothing is pending', async () => {
    const { user, name, credential } = await newAgent();
    const { order, make, steps } = rotationsOf([credential], settings());
    order();
    const lock = (to: string) => () => servers().database.query(`ALTER USER ?@? ACCOUNT ${to}`, [user, '%']);
    await meanwhile(make, lock('LOCK'), lock('UNLOCK'));
    expect(steps()).toMatchObject([
      {
        state: 'failed',
        note: expect.stringMatching(/^the server refused the new password \(MariaDB: .*\); the old one works again$/),
      },
    ]);
    expect(await held(name)).toEqual([OLD, undefined]);
    expect(await logsIn(user, OLD)).toBe(true);
  });

  test('what somebody else sets in between is left: it may be there to keep the agent out', async () => {
    const { user, name, credential } = await newAgent();
    const { order, make, steps } = rotationsOf([credential], settings());
    order();
    await meanwhile(make, () => servers().database.query('ALTER USER ?@? IDENTIFIED BY ?', [user, '%', 'an admin’s']));
    expect(steps()).toMatchObject([
      { state: 'failed', note: `somebody else gave user \`${user}\` another password in between` },
    ]);
    expect((await held(name))[0]).toBe(OLD);
    expect([await logsIn(user, OLD), await logsIn(user, 'an admin’s')]).toEqual([false, true]);
  });

  test('a server that takes no verifiers (password validation) says so; the old password works on', async () => {
    await servers().database.query("INSTALL SONAME 'simple_password_check'");
    try {
      const { user, name, credential } = await newAgent({
        hosts: { '%': "BY 'Canary-0ld-password'" },
        text: 'Canary-0ld-password',
      });
      const { order, make, steps } = rotationsOf([credential], settings());
      order();
      await make();
      expect(steps()).toMatchObject([{ state: 'failed', note: expect.stringMatching(/ER_CANNOT_USER/) }]);
      expect(await current(name)).toBe('Canary-0ld-password');
      expect(await logsIn(user, 'Canary-0ld-password')).toBe(true);
    } finally {
      await servers().database.query("UNINSTALL SONAME 'simple_password_check'");
    }
  });
});
