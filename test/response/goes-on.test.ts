import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { orderSteps } from '../../src/response/control.ts';
import { knownMisuse, misusedStill } from '../../src/response/goes-on.ts';
import { finalPlanFor } from '../../src/response/plan.ts';
import { respondTo } from '../../src/response/responder.ts';
import { orderRestore, restorablesOf } from '../../src/response/restore.ts';
import type { CloudEvent } from '../../src/webhook.ts';
import { alertOf } from './alert-of.ts';
import { ladderOf, locksOf } from './ladder-of.ts';
import { credentialOf, NOW, responseOf } from './response-of.ts';
import { saidOfCommand } from './said-of.ts';

const SECOND = 1_000;
const ID = 'cred-billing-pg';
const WEBHOOK = { url: 'http://127.0.0.1:1/', secret: 'secret://env/WEBHOOK_KEY' };

function sceneOf(steps: Readonly<Record<string, boolean>>, config: object = {}, changes = {}, folder?: string) {
  const locks = locksOf(steps);
  const credential = credentialOf({ ...ladderOf(locks, ...Object.keys(steps)), ...changes });
  const issuer = credentialOf({ id: 'cred-vault', revoke: undefined });
  const all = { mode: 'auto', webhook: WEBHOOK, ...config };
  const response = responseOf(all, [credential, issuer], locks.settings, folder === undefined ? {} : { folder });
  const posts: CloudEvent[] = [];
  const deliver = async (event: CloudEvent) => void posts.push(event);
  const drain = async () => {
    for (let tick = 0; tick < 3; tick++) {
      await response.worker({ deliver, retry: { attempts: 1, first: 1, longest: 1 } }).drain();
      response.at(response.now() + 10);
    }
  };
  return {
    response,
    drain,
    /** The alert with evidence so long after it opened. */
    async grows(after: number, alert: Partial<Alert> = {}) {
      response.at(Math.max(response.now(), NOW + after));
      respondTo(alertOf({ end: NOW + after, lastEvidence: { [ID]: NOW + after }, ...alert }), response);
      await drain();
    },
    told: () => posts.filter(({ type }) => type === 'wayward.misuse-goes-on'),
    recorded: () => response.audit.after(0).filter(({ type }) => type === 'misuse-goes-on'),
  };
}

test('after the last step of a list a person is told once: what was done, and what can be done by hand', async () => {
  const scene = sceneOf({ 'block-egress': true, destroy: false }, {}, { parent: 'cred-vault' });
  await scene.grows(0);
  await scene.grows(30 * SECOND);
  expect([scene.told(), misusedStill(scene.response)]).toEqual([[], 0]);
  await scene.grows(35 * SECOND); // was under way when the last step was made
  expect(scene.told()).toEqual([]);
  for (const after of [90, 120, 600]) await scene.grows(after * SECOND);
  const [event, ...more] = scene.told();
  expect(more).toEqual([]);
  expect(event).toMatchObject({
    subject: 'alert-1',
    data: {
      credential: ID,
      agent: 'billing-agent-1',
      event_at: new Date(NOW + 90 * SECOND).toISOString(),
      because: expect.stringMatching(
        /^it was used at .*, 60 s after the last step of its revoke: was made; none is left$/,
      ),
      done: [
        { what: saidOfCommand('block-egress'), state: 'verified', by: 'automatic', proof: expect.any(String) },
        { what: saidOfCommand('destroy'), state: 'verified' },
      ],
      by_hand: [
        expect.stringContaining(`What "${saidOfCommand('block-egress')}" cannot stop:`),
        expect.stringContaining(`What "${saidOfCommand('destroy')}" cannot stop:`),
        'Revoke what it was issued from: wayward revoke --credential cred-vault --final --execute',
        'Revoke all that the agent holds: wayward revoke --agent billing-agent-1 --final --execute',
        'Stop the agent itself, or block where it calls from (10.4.0.9).',
        'Check in the registry that match: of cred-billing-pg means this credential alone, and revoke: the same one.',
        'wayward alerts close alert-1 says that a person knows.',
      ],
    },
  });
  expect(scene.recorded()).toMatchObject([{ cause: 'alert-1', credential: ID, by: 'automatic' }]);
  expect(scene.response.audit.verify().problems).toEqual([]);
});

test('so it is with a list of one step, in another alert, after a restart, and without a webhook', async () => {
  const first = sceneOf({ lock: true }, { webhook: undefined });
  await first.grows(0);
  await first.grows(60 * SECOND, { id: 'alert-2' });
  expect(first.recorded()).toMatchObject([{ cause: 'alert-2' }]);
  expect(misusedStill(first.response)).toBe(1);
  const { credentials, settings } = first.response.plan;
  const again = responseOf({ mode: 'auto' }, [...credentials.values()], settings, { folder: first.response.folder });
  again.at(NOW + 90 * SECOND);
  respondTo(alertOf({ lastEvidence: { [ID]: NOW + 90 * SECOND } }), again);
  expect(again.audit.after(0).filter(({ type }) => type === 'misuse-goes-on')).toHaveLength(1);
  expect(misusedStill(again)).toBe(1);
});

test('a revocation by hand counts, too, where response only watches', async () => {
  const scene = sceneOf({ lock: true, destroy: false }, { mode: 'dry-run' });
  await orderSteps(finalPlanFor([ID], scene.response.plan), 'ann', scene.response);
  await scene.drain();
  await scene.grows(60 * SECOND);
  expect(scene.told()[0]?.data).toMatchObject({ done: [{ by: 'ann' }, { by: 'ann' }] });
});

test.each([
  ['the last step failed', { lock: true, 'broken-end': false }, {}],
  ['the last step waits for a person', { 'broken-lock': true, destroy: false }, {}],
  ['the mode is off', { lock: true }, { mode: 'off' }],
])('nothing is claimed where %s', async (_what, steps, config) => {
  const scene = sceneOf(steps, config);
  for (const after of [0, 30, 60, 90]) await scene.grows(after * SECOND);
  expect([scene.told(), scene.recorded(), misusedStill(scene.response)]).toEqual([[], [], 0]);
});

test('health calms down once a person has closed the alert, and nobody is told again', async () => {
  const scene = sceneOf({ lock: true });
  await scene.grows(0);
  await scene.grows(60 * SECOND);
  expect(misusedStill(scene.response)).toBe(1);
  knownMisuse('another', scene.response.state);
  expect(misusedStill(scene.response)).toBe(1);
  knownMisuse('alert-1', scene.response.state);
  await scene.grows(120 * SECOND);
  expect([misusedStill(scene.response), scene.told().length]).toEqual([0, 1]);
});

test('after a restore everything begins anew: revoked again and misused again, it is told again', async () => {
  const scene = sceneOf({ lock: true }, { cool_down: '1s' });
  await scene.grows(0);
  await scene.grows(60 * SECOND);
  orderRestore(restorablesOf([ID], scene.response), 'bob', scene.response);
  await scene.drain();
  expect(misusedStill(scene.response)).toBe(0);
  await scene.grows(120 * SECOND);
  expect(scene.told()).toHaveLength(1);
  await scene.grows(180 * SECOND);
  expect([scene.told().length, misusedStill(scene.response)]).toEqual([2, 1]);
});
