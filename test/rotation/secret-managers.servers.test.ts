import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { credentialOf, NOW } from '../response/response-of.ts';
import { startFakeGcp } from '../servers/fake-gcp.ts';
import { startMoto } from '../servers/moto.ts';
import { startPostgres } from '../servers/postgres.ts';
import { logsIn as loginWorks } from '../servers/postgres-login.ts';
import { describeWith } from '../servers/require-server.ts';
import { checkedAccounts, type PlainAccounts } from './accounts.ts';
import { eachCrash } from './each-crash.ts';
import { beside, onFake, onMoto } from './managers.ts';
import { rotationsOf } from './rotations-of.ts';

const OLD = 'canary-old-password';

const MANAGERS = [
  ['AWS Secrets Manager (moto)', beside(startPostgres, startMoto, onMoto)],
  ['Google Cloud Secret Manager (a fake that holds its contract)', beside(startPostgres, startFakeGcp, onFake)],
] as const;

let count = 0;

/** Somebody else acts right after the role's password was changed, once. */
async function meanwhile(make: () => Promise<void>, act: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const { query } = pg.Client.prototype;
  let altered = 0;
  pg.Client.prototype.query = async function (this: pg.Client, ...args: Parameters<typeof query>) {
    const result = (await query.apply(this, args)) as unknown;
    if (String(args[0]).startsWith('ALTER ROLE') && ++altered === 1) await act(this);
    return result;
  } as typeof query;
  try {
    await make();
  } finally {
    pg.Client.prototype.query = query;
  }
  expect(altered).toBeGreaterThan(0);
}

for (const [title, start] of MANAGERS)
  describeWith(`rotating the password of a PostgreSQL role into ${title}`, start, (servers) => {
    let accounts: PlainAccounts = {};
    let settings: Record<string, unknown> = {};
    const manager = () => servers().manager;

    beforeAll(async () => {
      const { database: postgres } = servers();
      await postgres.query("CREATE ROLE rotator LOGIN CREATEROLE PASSWORD 'pw'");
      accounts = { postgres: { url: postgres.urlFor('rotator', 'pw') }, ...manager().accounts };
      settings = await checkedAccounts(accounts);
    });

    /** An agent's role, and its password in the manager, as `text` has it. */
    async function newAgent({ text = OLD, field = '' } = {}) {
      const name = `rotated_${++count}`;
      await servers().database.query(`CREATE ROLE ${name} LOGIN PASSWORD '${OLD}'`);
      await manager().create(name, text);
      const rotate = {
        with: 'postgres-password',
        role: name,
        secret: `${manager().reference(name)}${field && `#${field}`}`,
      };
      return { name, rotate, credential: credentialOf({ rotate }) };
    }
    const logsIn = (role: string, password = '') => loginWorks(servers().database, role, password);

    test('with the documented rights and no more: the new password is what readers get and logs in; the old one is kept, and refused', async () => {
      const { name, credential } = await newAgent();
      const { response, order, make, steps } = rotationsOf([credential], settings);
      order();
      await make();
      expect(steps()).toMatchObject([{ state: 'verified', attempts: 1 }]);
      const password = (await manager().current(name)) ?? '';
      expect(password).toMatch(/^[\w-]{32}$/);
      expect([await logsIn(name, password), await logsIn(name, OLD)]).toEqual([true, false]);
      expect([await manager().previous(name), await manager().pending(name)]).toEqual([OLD, undefined]);
      const files = readdirSync(response.folder).map((file) => readFileSync(join(response.folder, file), 'latin1'));
      for (const secret of [password, OLD]) expect(files.join('')).not.toContain(secret);
    });

    test('again and again: each time the value before is kept, and nothing is pending', async () => {
      const { name, credential } = await newAgent();
      const { response, order, make, steps } = rotationsOf([credential], settings);
      let before: string | undefined = OLD;
      for (const cause of ['rotation-1', 'rotation-2', 'rotation-3']) {
        order(credential, cause);
        await make();
        expect([await manager().previous(name), await manager().pending(name)]).toEqual([before, undefined]);
        before = await manager().current(name);
        expect(await logsIn(name, before)).toBe(true);
        response.at(response.now() + 1_000);
      }
      expect(steps().map(({ state }) => state)).toEqual(['verified', 'verified', 'verified']);
    });

    test('one field of a JSON secret: the others stay, also one that somebody writes meanwhile', async () => {
      const { name, credential } = await newAgent({
        text: JSON.stringify({ password: OLD, host: 'a' }),
        field: 'password',
      });
      const { order, make, steps } = rotationsOf([credential], settings);
      order();
      await meanwhile(make, async () => manager().write(name, JSON.stringify({ password: OLD, host: 'b' })));
      expect(steps()).toMatchObject([{ state: 'verified' }]);
      const { password, ...others } = JSON.parse((await manager().current(name)) ?? '');
      expect(others).toEqual({ host: 'b' });
      expect(await logsIn(name, password)).toBe(true);
    });

    test('a server that refuses the new password: the old one works again, and nothing is pending', async () => {
      const { name, credential } = await newAgent();
      const { order, make, steps } = rotationsOf([credential], settings);
      order();
      // As if the new one had got lost on its way.
      await meanwhile(make, (client) => client.query(`ALTER ROLE ${name} PASSWORD 'something else'`));
      expect(steps()).toMatchObject([
        {
          state: 'failed',
          note: expect.stringMatching(/^the server refused the new password .*; the old one works again$/),
        },
      ]);
      expect([await manager().current(name), await manager().pending(name)]).toEqual([OLD, undefined]);
      expect(await logsIn(name, OLD)).toBe(true);
    });

    test.each([
      ['the current value does not log in', { text: 'not the password' }, /no way back$/],
      ['there is no such field', { text: '{"pw":"x"}', field: 'password' }, /^the secret has no current value/],
      ['a field of what is no JSON', { text: OLD, field: 'password' }, /^the secret has no current value/],
    ])('%s: it says so, and nothing is changed', async (_what, secret, message) => {
      const { name, credential } = await newAgent(secret);
      const { order, make, steps } = rotationsOf([credential], settings);
      order();
      await make();
      expect(steps()).toMatchObject([{ state: 'failed', note: expect.stringMatching(message) }]);
      expect([await manager().current(name), await manager().pending(name)]).toEqual([secret.text, undefined]);
      expect(await logsIn(name, OLD)).toBe(true);
    });

    test('a secret that is not there is named', async () => {
      const { name } = await newAgent();
      const rotate = { with: 'postgres-password', role: name, secret: manager().reference('nothing') };
      const { order, make, steps } = rotationsOf([credentialOf({ rotate })], settings);
      order();
      await make();
      expect(steps()).toMatchObject([
        { state: 'failed', note: expect.stringMatching(/nothing: write .* there first$/) },
      ]);
    });

    test('killed before and after each of its calls: the server takes what readers get, or what is pending; the next start ends it, once', async () => {
      const calls = await eachCrash(async () => {
        const { name, rotate, credential } = await newAgent();
        return {
          rotation: { accounts, rotate },
          async check(folder, at) {
            const held = [await manager().current(name), await manager().pending(name)];
            expect(held, at).not.toEqual([undefined, undefined]);
            expect((await logsIn(name, held[0])) || (await logsIn(name, held[1])), at).toBe(true);

            const { response, make, steps } = rotationsOf([credential], settings, {}, { folder });
            response.at(Math.max(NOW, Date.now()));
            await make();
            expect(steps(), at).toMatchObject([{ state: 'verified' }]);
            expect(response.audit.ofCause('rotation-1'), at).toMatchObject([{ type: 'verified' }]);
            expect(await logsIn(name, await manager().current(name)), at).toBe(true);
            expect(await logsIn(name, OLD), at).toBe(false);
            expect([await manager().previous(name), await manager().pending(name)], at).toEqual([OLD, undefined]);
            response.store.close();
          },
        };
      });
      expect(calls).toBeGreaterThan(15);
    }, 300_000);
  });
