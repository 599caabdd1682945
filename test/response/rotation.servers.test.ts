import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import type { Credential } from '../../src/attribution/credential.ts';
import { halt, orderSteps } from '../../src/response/control.ts';
import { planFor } from '../../src/response/plan.ts';
import { respondTo } from '../../src/response/responder.ts';
import { restorablesOf } from '../../src/response/restore.ts';
import { planRotation } from '../../src/rotation/plan.ts';
import { rotationsIn } from '../../src/rotation/rotations.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { policyOf, tokenWith } from '../revokers/vault-responder.ts';
import { eachCrash } from '../rotation/each-crash.ts';
import type { KilledRotation } from '../rotation/killed-rotation.ts';
import { logsIn } from '../servers/postgres-login.ts';
import { describeWith } from '../servers/require-server.ts';
import { startVaultWithPostgres } from '../servers/vault-with-postgres.ts';
import { alertOf } from './alert-of.ts';
import { credentialOf, NOW, responseOf, type TestResponse } from './response-of.ts';

const ID = 'cred-billing-pg';
const STOLEN = 'canary-stolen-password';
const AUTO = { mode: 'auto' };

describeWith('a stolen password of PostgreSQL, kept in Vault', startVaultWithPostgres, (servers) => {
  let settings: Record<string, unknown> = {};
  let token = '';
  let responderUrl = '';
  let count = 0;

  /** With the rights that the documentation names, and no more. */
  beforeAll(async () => {
    const { postgres, vault } = servers();
    await postgres.query("CREATE ROLE responder LOGIN CREATEROLE PASSWORD 'pw'");
    await postgres.query('GRANT pg_signal_backend TO responder');
    responderUrl = postgres.urlFor('responder', 'pw');
    token = await tokenWith(vault, policyOf({ id: 'vault' }, { 'billing/pg': '*' }, 'rotation/secret-writers'));
    settings = {
      postgres: { url: await secretOf(responderUrl) },
      vault: { url: vault.url, token: await secretOf(token) },
    };
  });

  async function newAgent(): Promise<{ role: string; credential: Credential }> {
    const role = `stolen_${++count}`;
    await servers().postgres.query(`CREATE ROLE ${role} LOGIN PASSWORD '${STOLEN}'`);
    await asRoot('POST', `secret/data/${role}`, { data: { password: STOLEN } });
    const secret = `secret://vault/secret/data/${role}#password`;
    const rotate = { with: 'postgres-password', role, secret };
    return { role, credential: credentialOf({ rotate, revoke: { with: 'rotation' } }) };
  }
  const asRoot = (method: string, path: string, body?: unknown) =>
    servers().vault.call(servers().vault.rootToken, method, path, body);
  const valuesOf = async (role: string) =>
    ((await asRoot('GET', `secret/data/${role}`)).body?.data?.data ?? {}) as Record<string, string>;
  const passwordOf = async (role: string): Promise<string> => (await valuesOf(role)).password ?? '';
  const worksWith = (role: string, password: string) => logsIn(servers().postgres, role, password);
  const versionsOf = async (role: string) =>
    (await asRoot('GET', `secret/metadata/${role}`)).body?.data?.current_version;

  /** Somebody who has a session open. */
  async function sessionOf(role: string, password: string) {
    const client = new pg.Client({ connectionString: servers().postgres.urlFor(role, password) });
    let isOpen = true;
    client.on('error', () => {});
    client.on('end', () => {
      isOpen = false;
    });
    await client.connect();
    return { isOpen: () => isOpen, query: () => client.query('SELECT 1'), end: () => client.end() };
  }

  const stepsOf = (response: TestResponse) => response.outbox.revocations(ID);

  test('a high alert changes it: the thief’s copy and his session are dead, the rightful holder goes on with what is in Vault', async () => {
    const { role, credential } = await newAgent();
    const thief = await sessionOf(role, STOLEN);
    const response = responseOf(AUTO, [credential], settings);
    respondTo(alertOf(), response);
    await response.worker().drain();
    expect(stepsOf(response)).toMatchObject([{ state: 'verified', attempts: 1, decidedBy: 'automatic' }]);
    expect(stepsOf(response)[0]?.note).toBe(
      `role "${role}" logs in with the new password, which is the current value of the secret; of 1 sessions that role "${role}" had, none is left`,
    );
    expect(await worksWith(role, STOLEN)).toBe(false);
    expect(thief.isOpen()).toBe(false);
    await expect(thief.query()).rejects.toThrow();
    const password = await passwordOf(role);
    const holder = await sessionOf(role, password);
    await holder.query();
    await holder.end();
    expect(response.audit.ofCause('alert-1')).toMatchObject([
      { type: 'decided' },
      {
        type: 'verified',
        credential: ID,
        with: 'rotation',
        action: `rotate: give PostgreSQL role "${role}" a new password, kept in secret://vault/secret/data/${role}#password; and end what the old one has opened`,
      },
    ]);
    for (const secret of [STOLEN, password]) expect(JSON.stringify(stepsOf(response))).not.toContain(secret);
    expect(response.state.all("SELECT * FROM settings WHERE name LIKE 'rotation.notes%'")).toEqual([]);
  });

  test('a thief who leaves a password of his own open in a transaction does not keep it from being changed', async () => {
    const { role, credential } = await newAgent();
    const thief = new pg.Client({ connectionString: servers().postgres.urlFor(role, STOLEN) });
    thief.on('error', () => {});
    await thief.connect();
    await thief.query(`BEGIN; ALTER ROLE ${role} PASSWORD 'of the thief'`);
    const response = responseOf(AUTO, [credential], settings);
    respondTo(alertOf(), response);
    await response.worker().drain();
    expect(stepsOf(response)).toMatchObject([{ state: 'verified', attempts: 1 }]);
    expect(await worksWith(role, await passwordOf(role))).toBe(true);
    expect(await worksWith(role, 'of the thief')).toBe(false);
  });

  test('a thief who has changed it himself is not undone: somebody may have done so to keep the agent out; a person is told', async () => {
    const { role, credential } = await newAgent();
    await servers().postgres.query(`ALTER ROLE ${role} PASSWORD 'of the thief'`);
    const webhook = { url: 'http://127.0.0.1:2', secret: 'secret://env/WEBHOOK_KEY' };
    const response = responseOf({ ...AUTO, webhook }, [credential], settings);
    respondTo(alertOf(), response);
    await response.worker({ deliver: async () => {} }).drain();
    expect(stepsOf(response)).toMatchObject([{ state: 'failed', note: expect.stringContaining('does not log in') }]);
    const told = response.outbox.ofCause('alert-1').filter(({ detail }) => detail.includes('"wayward.revocation"'));
    expect(told).toHaveLength(1);
    expect(JSON.stringify(told)).not.toContain(STOLEN);
  });

  test('it counts as a rotation, and the next one by schedule is not in its way', async () => {
    const { credential } = await newAgent();
    const response = responseOf(AUTO, [credential], settings);
    respondTo(alertOf(), response);
    await response.worker().drain();
    expect(rotationsIn(response.state)).toEqual([{ credential: ID, did: 'rotated', at: NOW }]);
    expect(planRotation(credential, response).blocked).toBeUndefined();
  });

  test('the same alert again rotates nothing; a person who orders it again gets another one', async () => {
    const { role, credential } = await newAgent();
    const response = responseOf(AUTO, [credential], settings);
    respondTo(alertOf(), response);
    await response.worker().drain();
    respondTo(alertOf(), response);
    await response.worker().drain();
    expect(stepsOf(response)).toHaveLength(1);
    const once = await passwordOf(role);
    expect(await versionsOf(role)).toBe(3); // staged, promoted

    const { cause, alreadyDead } = await orderSteps(planFor([ID], response.plan), 'ann', response);
    expect(alreadyDead).toEqual([]);
    await response.worker().drain();
    expect(response.outbox.ofCause(cause)).toMatchObject([{ state: 'verified' }]);
    expect(await passwordOf(role)).not.toBe(once);
    expect(await worksWith(role, once)).toBe(false);
  });

  test('it cannot be undone, and says so', async () => {
    const { credential } = await newAgent();
    const response = responseOf(AUTO, [credential], settings);
    respondTo(alertOf(), response);
    await response.worker().drain();
    expect(restorablesOf([ID], response)).toMatchObject([
      { outcome: 'refused', because: expect.stringContaining('the new value is where the agent reads it') },
    ]);
  });

  test.each([
    ['in dry-run', { mode: 'dry-run' }, {}, 0],
    ['of a protected credential', AUTO, { protected: true }, 0],
    ['that a person is to approve', { mode: 'approve' }, {}, 1],
    ['in front of a step that can be undone', AUTO, { escalation: [{ with: 'postgres', role: 'x' }] }, 1],
  ])('%s: nothing is changed', async (_what, config, changes, waiting) => {
    const { role, credential } = await newAgent();
    const response = responseOf(config, [{ ...credential, ...changes }], settings);
    respondTo(alertOf(), response);
    await response.worker().drain();
    expect(response.outbox.waiting()).toHaveLength(waiting);
    expect(await passwordOf(role)).toBe(STOLEN);
    expect(await worksWith(role, STOLEN)).toBe(true);
  });

  test('halted before it begins: nothing is changed', async () => {
    const { role, credential } = await newAgent();
    const response = responseOf(AUTO, [credential], settings);
    respondTo(alertOf(), response);
    halt('ann', response);
    await response.worker().drain();
    expect(stepsOf(response)).toEqual([]);
    expect(response.outbox.ofCause('alert-1')).toMatchObject([{ state: 'expired' }]);
    expect(await passwordOf(role)).toBe(STOLEN);
  });

  test('half made it is ended, however long it takes and whatever was decided since: half of it would be an outage', async () => {
    const { role, credential } = await newAgent();
    const away = { ...settings, vault: { ...(settings.vault as object), url: 'http://127.0.0.1:2' } };
    const auto = { ...AUTO, webhook: { url: 'http://127.0.0.1:2', secret: 'secret://env/WEBHOOK_KEY' } };
    const first = responseOf(auto, [credential], settings);
    respondTo(alertOf(), first);
    // Vault goes away right after the server has the new password.
    const { query } = pg.Client.prototype;
    const { fetch } = globalThis;
    let isAltered = false;
    globalThis.fetch = async (...args) => {
      if (isAltered) throw new TypeError('fetch failed');
      return fetch(...args);
    };
    pg.Client.prototype.query = async function (this: pg.Client, ...args: Parameters<typeof query>) {
      const result = (await query.apply(this, args)) as unknown;
      isAltered ||= String(args[0]).startsWith('ALTER ROLE');
      return result;
    } as typeof query;
    try {
      await first.worker({ retry: { attempts: 1, first: 1, longest: 1 }, deliver: async () => {} }).drain();
    } finally {
      pg.Client.prototype.query = query;
      globalThis.fetch = fetch;
    }
    expect(stepsOf(first)).toMatchObject([{ state: 'calling', note: 'Vault: fetch failed' }]);
    expect(await worksWith(role, STOLEN)).toBe(false);
    halt('ann', first);
    for (let hour = 1; hour <= 3; hour++) {
      const next = responseOf(auto, [{ ...credential, protected: true }], away, { folder: first.folder });
      next.at(NOW + hour * 3_600_000);
      await next.worker({ retry: { attempts: 1, first: 1, longest: 1 }, deliver: async () => {} }).drain();
      expect(stepsOf(next)).toMatchObject([{ state: 'calling', doneAt: undefined }]);
    }
    const told = first.outbox.ofCause('alert-1').filter(({ detail }) => detail.includes('"wayward.revocation"'));
    expect(told.map(({ detail }) => JSON.parse(detail).data)).toMatchObject([
      {
        credential: ID,
        ended: false,
        attempts: 2,
        text: expect.stringContaining('It is half made, and is tried again'),
      },
    ]);
    const back = responseOf(AUTO, [credential], settings, { folder: first.folder });
    back.at(NOW + 5 * 3_600_000);
    await back.worker().drain();
    expect(stepsOf(back)).toMatchObject([{ state: 'verified' }]);
    expect(await worksWith(role, await passwordOf(role))).toBe(true);
  });

  test('who may not end sessions: the password is changed, and that they go on is said', async () => {
    const { role, credential } = await newAgent();
    await servers().postgres.query("CREATE ROLE weak LOGIN CREATEROLE PASSWORD 'pw'");
    const url = await secretOf(servers().postgres.urlFor('weak', 'pw'));
    const thief = await sessionOf(role, STOLEN);
    const response = responseOf(AUTO, [credential], { ...settings, postgres: { url } });
    respondTo(alertOf(), response);
    await response.worker().drain();
    expect(stepsOf(response)).toMatchObject([
      {
        state: 'failed',
        note: expect.stringMatching(
          /^role .* logs in with the new password.*; but what was open goes on: PostgreSQL: 42501/,
        ),
      },
    ]);
    expect(await worksWith(role, STOLEN)).toBe(false);
    expect(thief.isOpen()).toBe(true);
    await thief.end();
  });

  test.each([
    ['has no rotate: entry', { rotate: undefined }, /with: rotation needs a rotator: add rotate: to the same entry$/],
    [
      'names a key id, which changes',
      {
        rotate: { with: 'aws-access-key', user: 'u', secret: 'secret://vault/secret/data/x#y' },
        match: { aws_access_key_id: ['AKIA'] },
      },
      /its entry names an access key id/,
    ],
  ])('a credential that %s: blocked, with what to write', async (_what, changes, because) => {
    const { credential } = await newAgent();
    const response = responseOf(AUTO, [{ ...credential, ...changes }], settings);
    expect(planFor([ID], response.plan)).toMatchObject([{ blocked: expect.stringMatching(because) }]);
  });

  test('settings that its rotator needs are named', async () => {
    const { credential } = await newAgent();
    const response = responseOf(AUTO, [credential], { postgres: settings.postgres });
    expect(planFor([ID], response.plan)).toMatchObject([
      { blocked: 'needs settings: add revokers.vault to the configuration', issuer: 'postgres + vault' },
    ]);
  });

  test('killed before and after each of its calls: one of the two passwords always works, and the next start ends it, once', async () => {
    const calls = await eachCrash(async () => {
      const { role, credential } = await newAgent();
      const thief = await sessionOf(role, STOLEN);
      return {
        rotation: {
          accounts: { postgres: { url: responderUrl }, vault: { url: servers().vault.url, token } },
          rotate: credential.rotate as KilledRotation['rotate'],
          inResponse: true,
        },
        async check(folder, at) {
          const { password = '', password_pending: pending = '' } = await valuesOf(role);
          expect((await worksWith(role, password)) || (await worksWith(role, pending)), at).toBe(true);

          const response = responseOf({}, [credential], settings, { folder });
          response.at(Date.now() + 10_000);
          await response.worker().drain();
          expect(stepsOf(response), at).toMatchObject([{ state: 'verified' }]);
          expect(response.audit.verify(), at).toMatchObject({ entries: 1, problems: [] });
          expect(await worksWith(role, STOLEN), at).toBe(false);
          expect(await worksWith(role, await passwordOf(role)), at).toBe(true);
          expect(await versionsOf(role), at).toBe(3);
          expect(thief.isOpen(), at).toBe(false);
          response.store.close();
        },
      };
    });
    expect(calls).toBeGreaterThan(15);
  }, 300_000);
});
