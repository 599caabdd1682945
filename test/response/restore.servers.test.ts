import { beforeAll, expect, test } from 'vitest';
import type { Revoker } from '../../src/response/action.ts';
import { orderSteps } from '../../src/response/control.ts';
import { planFor } from '../../src/response/plan.ts';
import { respondTo } from '../../src/response/responder.ts';
import { orderRestore, restorablesOf } from '../../src/response/restore.ts';
import { postgres } from '../../src/revokers/postgres.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { startPostgres } from '../servers/postgres.ts';
import { logsIn as loginWorks } from '../servers/postgres-login.ts';
import { describeWith } from '../servers/require-server.ts';
import { alertOf } from './alert-of.ts';
import { credentialOf, NOW, responseOf, type TestResponse } from './response-of.ts';

const run = process.pid.toString(36);

const lookAt = (response: TestResponse) => restorablesOf(['cred-billing-pg'], response);

/** Orders it, and works through the outbox, an hour after what came before. */
let clock = NOW;
async function later(response: TestResponse, order: () => unknown): Promise<void> {
  clock += 3_600_000;
  response.at(clock);
  await order();
  await response.worker({ retry: { attempts: 2, first: 1, longest: 1 } }).drain();
}

const revoke = (response: TestResponse) =>
  later(response, () => orderSteps(planFor(['cred-billing-pg'], response.plan), 'ann', response));

async function restore(response: TestResponse): Promise<string> {
  let order = '';
  await later(response, () => {
    order = orderRestore(lookAt(response), 'bob', response);
  });
  return order;
}

describeWith('undoing the revocation of a PostgreSQL role', startPostgres, (server) => {
  let settings: Record<string, unknown> = {};
  let count = 0;

  beforeAll(async () => {
    settings = { postgres: { url: await secretOf(server().url) } };
  });

  async function newAgent(config: object = {}, options: Parameters<typeof responseOf>[3] = {}) {
    const role = `restore_${run}_${++count}`;
    await server().query(`CREATE ROLE ${role} LOGIN PASSWORD 'pw'`);
    const response = responseOf(config, [credentialOf({ revoke: { with: 'postgres', role } })], settings, options);
    return { role, response };
  }

  const logsIn = (role: string) => loginWorks(server(), role, 'pw');

  test('the agent works again, with a proof and a name on record; a repeat does nothing', async () => {
    const { role, response } = await newAgent();
    await revoke(response);
    expect(await logsIn(role)).toBe(false);
    expect(lookAt(response)).toMatchObject([{ outcome: 'restore', because: expect.stringContaining('by ann') }]);

    const order = await restore(response);
    expect(await logsIn(role)).toBe(true);
    expect(response.outbox.ofCause(order)).toMatchObject([
      {
        action: 'restore',
        state: 'verified',
        decidedBy: 'bob',
        note: `role "${role}" may still log in, sessions left: 0`,
      },
    ]);
    expect(response.audit.ofCause(order)).toMatchObject([
      { type: 'verified', by: 'bob', action: `undo: make PostgreSQL role "${role}" NOLOGIN and end its sessions` },
    ]);
    expect(response.audit.verify()).toMatchObject({ entries: 2, problems: [] });

    expect(lookAt(response)).toMatchObject([
      { outcome: 'nothing', because: expect.stringContaining('restored already') },
    ]);
    expect(response.outbox.ofCause(await restore(response))).toEqual([]);
    expect(response.audit.verify().entries).toBe(2);
  });

  test('revoked, restored, revoked, restored: each is done', async () => {
    const { role, response } = await newAgent();
    for (const _ of [1, 2]) {
      await revoke(response);
      expect(await logsIn(role)).toBe(false);
      await restore(response);
      expect(await logsIn(role)).toBe(true);
    }
    expect(response.audit.verify()).toMatchObject({ entries: 4, problems: [] });
  });

  test('an automatic revocation can be undone by a person', async () => {
    const { role, response } = await newAgent({ mode: 'auto' });
    await later(response, () => respondTo(alertOf({ openedAt: clock, end: clock, severityHistory: [] }), response));
    expect(await logsIn(role)).toBe(false);
    await restore(response);
    expect(await logsIn(role)).toBe(true);
  });

  test('what Wayward did not revoke stays as it is', async () => {
    const { role, response } = await newAgent();
    await server().query(`ALTER ROLE ${role} NOLOGIN`);
    expect(lookAt(response)).toMatchObject([
      { outcome: 'nothing', because: 'Wayward has no record of having revoked it' },
    ]);
    await restore(response);
    expect(await logsIn(role)).toBe(false);
  });

  test('an entry that names another role by now is refused: that one was never revoked', async () => {
    const { role, response } = await newAgent();
    await revoke(response);
    const changed = responseOf({}, [credentialOf({ revoke: { with: 'postgres', role: 'other' } })], settings, response);
    expect(lookAt(changed)).toMatchObject([
      { outcome: 'refused', because: expect.stringMatching(`was changed since; .*"${role}"`) },
    ]);
    expect(changed.outbox.ofCause(await restore(changed))).toEqual([]);
  });

  test('a revocation that is still under way is not undone', async () => {
    const { response } = await newAgent();
    await orderSteps(planFor(['cred-billing-pg'], response.plan), 'ann', response);
    expect(lookAt(response)).toMatchObject([
      { outcome: 'refused', because: expect.stringContaining('still under way (approved)') },
    ]);
  });

  test('revoked again before the restore was made: it stays revoked', async () => {
    const { role, response } = await newAgent();
    await revoke(response);
    const order = orderRestore(lookAt(response), 'bob', response);
    clock += 1000;
    response.at(clock);
    await server().query(`ALTER ROLE ${role} LOGIN`); // else it is dead already and needs no order
    await orderSteps(planFor(['cred-billing-pg'], response.plan), 'ann', response);
    await response.worker().drain();
    expect(await logsIn(role)).toBe(false);
    expect(response.outbox.ofCause(order)).toMatchObject([
      { state: 'expired', note: 'it was revoked again after this was ordered' },
    ]);
  });

  test.each(['before', 'after'])('ended in the middle, %s the call: the next start finishes it, once', async (when) => {
    const { role, response } = await newAgent();
    await revoke(response);
    const order = orderRestore(lookAt(response), 'bob', response);
    const key = response.outbox.ofCause(order)[0]?.key ?? '';
    response.outbox.calling(key, clock);
    if (when === 'after') await server().query(`ALTER ROLE ${role} LOGIN`);
    await response.worker().drain();
    expect(await logsIn(role)).toBe(true);
    expect(response.outbox.step(key)).toMatchObject({ state: 'verified' });
    expect(response.audit.ofCause(order)).toHaveLength(1);
  });

  test('an answer that is no proof is not taken for one', async () => {
    const forgetful: Revoker = {
      ...postgres,
      prepare: (all, spec) => ({ ...postgres.prepare(all, spec), restore: async () => {} }),
    };
    const { response } = await newAgent({}, { revokers: [forgetful] });
    await revoke(response);
    const order = await restore(response);
    await later(response, () => {});
    expect(response.outbox.ofCause(order)).toMatchObject([
      { state: 'failed', attempts: 2, note: expect.stringContaining('called, but role') },
    ]);
  });
});

const NOT_UNDOABLE: Revoker = {
  ...postgres,
  undo: 'make a new one',
  prepare: () => ({ revoke: async () => {}, verify: async () => ({ dead: true, proof: 'gone' }) }),
};

test.each([true, false])(
  'a step that has no way back is refused with what is left (reversible: %s)',
  async (reversible) => {
    const revokers = [{ ...NOT_UNDOABLE, reversible }];
    const response = responseOf({}, [credentialOf()], { postgres: {} }, { revokers });
    await revoke(response);
    const because = 'this step cannot be undone by Wayward; by hand: make a new one';
    if (!reversible) expect(lookAt(response)).toMatchObject([{ outcome: 'refused', because }]);
    const steps = response.outbox.ofCause(await restore(response));
    expect(steps.map(({ state, note }) => [state, note])).toEqual(reversible ? [['failed', because]] : []);
  },
);

test('nothing to undo, whatever the registry says, is said as such', () => {
  const response = responseOf({}, [credentialOf({ revoke: undefined })]);
  expect(lookAt(response)).toMatchObject([{ outcome: 'nothing' }]);
});
