import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { approve, orderSteps } from '../../src/response/control.ts';
import { openBreaker } from '../../src/response/limits.ts';
import { finalPlanFor, planFor } from '../../src/response/plan.ts';
import { respondTo } from '../../src/response/responder.ts';
import { orderRestore, restorablesOf } from '../../src/response/restore.ts';
import { alertOf } from './alert-of.ts';
import { type Locks, ladderOf, locksOf } from './ladder-of.ts';
import { credentialOf, NOW, responseOf, type TestResponse } from './response-of.ts';
import { saidOfCommand } from './said-of.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const ID = 'cred-billing-pg';
const QUICK = { attempts: 2, first: 1, longest: 1 };

interface Scene {
  readonly locks: Locks;
  readonly response: TestResponse;
  /** The alert as it is with evidence of this credential so long after it opened; what response makes of it is done. */
  grows(after: number, changes?: Partial<Alert>): Promise<string[]>;
  drain(): Promise<void>;
}

function sceneOf(steps: Readonly<Record<string, boolean>>, config: object = {}, folder?: string): Scene {
  const locks = locksOf(steps);
  const credential = credentialOf(ladderOf(locks, ...Object.keys(steps)));
  const other = credentialOf({ id: 'cred-2', agent: 'other', peerGroup: 'other' });
  const all = { mode: 'auto', ...config };
  const response = responseOf(all, [credential, other], locks.settings, folder === undefined ? {} : { folder });
  const drain = async () => {
    const worker = response.worker({ retry: QUICK });
    for (let tick = 0; tick < 3; tick++) {
      await worker.drain();
      response.at(response.now() + 10);
    }
  };
  return {
    locks,
    response,
    drain,
    async grows(after, changes = {}) {
      response.at(Math.max(response.now(), NOW + after));
      const alert = alertOf({ end: NOW + after, lastEvidence: { [ID]: NOW + after }, ...changes });
      const outcomes = respondTo(alert, response).map(({ outcome }) => outcome);
      await drain();
      return outcomes;
    },
  };
}

const LADDER = { 'block-egress': true, 'lock-out': true, destroy: false };

test('the mildest step comes first; each further one only when misuse goes on after the one before it', async () => {
  const { locks, response, grows } = sceneOf(LADDER);
  expect(await grows(0)).toEqual(['auto']);
  expect(Object.keys(LADDER).map(locks.isSet)).toEqual([true, false, false]);
  expect(await grows(9 * SECOND)).toEqual([]); // what was under way when it was locked
  expect(await grows(30 * SECOND)).toEqual(['auto']);
  expect(Object.keys(LADDER).map(locks.isSet)).toEqual([true, true, false]);
  expect(await grows(30 * SECOND)).toEqual([]); // the same evidence again
  expect(await grows(90 * SECOND)).toEqual(['auto']);
  expect(await grows(190 * SECOND)).toEqual([]); // nothing is left
  expect(Object.keys(LADDER).map(locks.calls)).toEqual([1, 1, 1]);
  expect(response.outbox.ofCause('alert-1').map(({ state }) => state)).toEqual(['verified', 'verified', 'verified']);
  const decided = response.audit.ofCause('alert-1').filter(({ type }) => type === 'decided');
  expect(decided.map(({ steps }) => (steps as { because: string }[])[0]?.because)).toEqual([
    'mode is auto, within every limit',
    `mode is auto, within every limit; misuse went on after this was verified: ${saidOfCommand('block-egress')}`,
    `mode is auto, within every limit; misuse went on after this was verified: ${saidOfCommand('lock-out')}`,
  ]);
  expect(decided.map(({ event_at }) => event_at)).toEqual(
    [0, 30, 90].map((after) => new Date(NOW + after * SECOND).toISOString()),
  );
});

test('more severe is not more misuse: without later evidence the step that was made is enough', async () => {
  const { locks, grows } = sceneOf(LADDER);
  await grows(0);
  expect(await grows(20 * MINUTE, { severity: 'critical', lastEvidence: { [ID]: NOW } })).toEqual([]);
  expect(locks.isSet('lock-out')).toBe(false);
});

test('misuse of another credential of the same alert is none of this one', async () => {
  const { locks, grows } = sceneOf(LADDER);
  await grows(0);
  await grows(60 * SECOND, { credentials: [ID, 'cred-2'], lastEvidence: { [ID]: NOW, 'cred-2': NOW + 60 * SECOND } });
  expect(locks.isSet('lock-out')).toBe(false);
});

test('an order by hand was the first step: automatic response goes on with the second one', async () => {
  const { locks, response, grows, drain } = sceneOf(LADDER);
  await orderSteps(planFor([ID], response.plan), 'ann', response);
  await drain();
  expect(await grows(60 * SECOND)).toEqual(['auto']);
  expect([locks.calls('block-egress'), locks.calls('lock-out')]).toEqual([1, 1]);
});

test('a restart in between forgets nothing', async () => {
  const { locks, response, grows } = sceneOf(LADDER);
  await grows(0);
  const credentials = [...response.plan.credentials.values()];
  const restarted = responseOf({ mode: 'auto' }, credentials, locks.settings, { folder: response.folder });
  restarted.at(NOW + 60 * SECOND);
  const alert = alertOf({ lastEvidence: { [ID]: NOW + 60 * SECOND } });
  expect(respondTo(alert, restarted)).toMatchObject([{ outcome: 'auto' }]);
  expect(respondTo(alert, restarted)).toEqual([]);
  await restarted.worker().drain();
  expect(locks.isSet('lock-out')).toBe(true);
});

test('all steps of one credential count as one against the limit', async () => {
  const { locks, response, grows } = sceneOf(LADDER, { limits: { credentials: 1 } });
  await grows(0);
  await grows(30 * SECOND);
  await grows(60 * SECOND);
  expect(locks.isSet('destroy')).toBe(true);
  expect(openBreaker(response.state)).toBeUndefined();
});

test.each([
  ['what cannot be undone stands before what can', { destroy: false, 'lock-out': true }, 0, 'what can comes after it'],
  ['the step before it failed', { 'broken-lock': true, destroy: false }, 60 * SECOND, 'the step before it failed'],
])('a person is asked where %s', async (_name, steps, after, because) => {
  const { locks, response, grows } = sceneOf(steps);
  if (after > 0) await grows(0);
  expect(await grows(after)).toEqual(['approve']);
  expect(locks.isSet('destroy')).toBe(false);
  expect(JSON.stringify(response.audit.ofCause('alert-1'))).toContain(because);
});

test('what cannot be undone is made at once where there is nothing else', async () => {
  const { locks, grows } = sceneOf({ destroy: false });
  expect(await grows(0)).toEqual(['auto']);
  expect(locks.isSet('destroy')).toBe(true);
});

test('where a person decides, each step waits for one, and the webhook tells of each', async () => {
  const webhook = { url: 'http://127.0.0.1:1/', secret: 'secret://env/WEBHOOK_KEY' };
  const { locks, response, grows, drain } = sceneOf(LADDER, { mode: 'approve', webhook });
  expect(await grows(0)).toEqual(['approve']);
  expect(await grows(60 * SECOND)).toEqual([]); // it still waits
  approve('alert-1', 'ann', response);
  await drain();
  expect(await grows(120 * SECOND)).toEqual(['approve']);
  expect(locks.isSet('lock-out')).toBe(false);
  const told = response.outbox.ofCause('alert-1').filter(({ action }) => action === 'notify');
  expect(told.map(({ detail }) => JSON.parse(detail).data.response[0].would)).toEqual(
    expect.arrayContaining(['block-egress', 'lock-out'].map(saidOfCommand)),
  );
});

test('in dry-run the next step is told of once, and not made', async () => {
  const { locks, response, grows, drain } = sceneOf(LADDER, { mode: 'dry-run' });
  await orderSteps(planFor([ID], response.plan), 'ann', response);
  await drain();
  expect(await grows(60 * SECOND)).toEqual(['dry-run']);
  expect(await grows(70 * SECOND)).toEqual([]);
  expect(locks.isSet('lock-out')).toBe(false);
});

test('by hand, to the end: every step, in order', async () => {
  const { locks, response, drain } = sceneOf(LADDER);
  const { cause } = await orderSteps(finalPlanFor([ID], response.plan), 'ann', response);
  await drain();
  expect(response.outbox.ofCause(cause).map(({ detail, state }) => [detail, state])).toEqual(
    Object.keys(LADDER).map((name) => [saidOfCommand(name), 'verified']),
  );
  expect(Object.keys(LADDER).map(locks.calls)).toEqual([1, 1, 1]);
});

test('a restore undoes what can be undone, the last first, and says what cannot', async () => {
  const { locks, response, grows, drain } = sceneOf(LADDER);
  for (const after of [0, 30, 60]) await grows(after * SECOND);
  const restorables = restorablesOf([ID], response);
  expect(restorables.map(({ step, outcome }) => [step.describe, outcome])).toEqual([
    [saidOfCommand('destroy'), 'refused'],
    [saidOfCommand('lock-out'), 'restore'],
    [saidOfCommand('block-egress'), 'restore'],
  ]);
  const order = orderRestore(restorables, 'bob', response);
  await drain();
  expect(response.outbox.ofCause(order).map(({ detail, state }) => [detail, state])).toEqual([
    [`undo: ${saidOfCommand('lock-out')}`, 'verified'],
    [`undo: ${saidOfCommand('block-egress')}`, 'verified'],
  ]);
  expect(Object.keys(LADDER).map(locks.isSet)).toEqual([false, false, true]);
});

test.each([
  ['soon after it a person is asked', 5 * MINUTE, 'approve'],
  ['later it is made at once', 61 * MINUTE, 'auto'],
])('the same alert grows after a restore: the first step again, %s', async (_name, after, outcome) => {
  const { locks, response, grows, drain } = sceneOf({ 'lock-out': true });
  await grows(0);
  orderRestore(restorablesOf([ID], response), 'bob', response);
  await drain();
  expect(locks.isSet('lock-out')).toBe(false);
  expect(await grows(5 * SECOND)).toEqual([]); // it is what the restore knew of
  expect(await grows(after)).toEqual([outcome]);
  if (outcome === 'approve') approve('alert-1', 'ann', response);
  await drain();
  expect(locks.isSet('lock-out')).toBe(true);
  expect(response.audit.verify().problems).toEqual([]);
});

test('another alert on a credential that was revoked a moment ago asks a person; after the cool-down it acts', async () => {
  const { grows } = sceneOf({ 'lock-out': true }, { cool_down: '30m' });
  await grows(0);
  const another = (id: string, openedAt: number) => ({
    id,
    openedAt,
    severityHistory: alertOf({ openedAt }).severityHistory,
  });
  expect(await grows(5 * MINUTE, another('alert-2', NOW + 5 * MINUTE))).toEqual(['approve']);
  expect(await grows(31 * MINUTE, another('alert-3', NOW + 31 * MINUTE))).toEqual(['auto']);
});
