import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { halt, orderSteps } from '../../src/response/control.ts';
import { planFor } from '../../src/response/plan.ts';
import { recordEnd } from '../../src/response/record.ts';
import { respondTo } from '../../src/response/responder.ts';
import { orderRestore, restorablesOf } from '../../src/response/restore.ts';
import { deliver } from '../../src/webhook.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { freePort } from '../servers/free-port.ts';
import { type Receiver, startReceiver } from '../servers/receiver.ts';
import { alertOf } from './alert-of.ts';
import { locksOf } from './ladder-of.ts';
import { credentialOf, NOW, responseOf, type TestResponse } from './response-of.ts';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.stop());
beforeEach(() => {
  receiver.received.length = 0;
});

const ID = 'cred-billing-pg';
const MINUTE = 60_000;
const AUTO = () => ({ mode: 'auto', webhook: { url: receiver.url, secret: 'secret://env/WEBHOOK_KEY' } });

/** What a person was told beside the alert itself. */
const told = () =>
  receiver.received.map(({ body }) => JSON.parse(body)).filter(({ type }) => type === 'wayward.revocation');

/** Ten attempts and more, in ten minutes of the clock. */
async function workThrough(response: TestResponse, from = NOW): Promise<void> {
  const worker = response.worker({ deliver: (event) => deliver({ url: receiver.url, secret: 'key' }, event) });
  for (let at = from; at <= from + 10 * MINUTE; at += 10_000) {
    response.at(at);
    await worker.drain();
  }
}

const down = async () => ({
  postgres: { url: await secretOf(`postgresql://w:canary@127.0.0.1:${await freePort()}/x`) },
});

test('a revocation whose issuer is down is given up after its last attempt, and a person is told, once', async () => {
  const response = responseOf(AUTO(), [credentialOf()], await down());
  respondTo(alertOf(), response);
  await workThrough(response);
  const [step] = response.outbox.ofCause('alert-1');
  expect(step).toMatchObject({ state: 'failed', attempts: 10 });
  expect(told()).toMatchObject([
    {
      subject: ID,
      data: {
        what: 'failing',
        credential: ID,
        ended: true,
        attempts: 10,
        by: 'automatic',
        text: expect.stringMatching(
          /^cred-billing-pg is NOT revoked: .*Nothing more is tried: wayward revoke --credential cred-billing-pg --execute/,
        ),
      },
    },
  ]);
  expect(JSON.stringify(receiver.received)).not.toContain('canary');
  respondTo(alertOf({ revision: 2 }), response);
  await workThrough(response, NOW + 20 * MINUTE);
  expect(told()).toHaveLength(1);
});

test('what cannot work as things are is told at once; what comes through is not', async () => {
  const locks = locksOf({ fine: true });
  const refusing = await startReceiver();
  onTestFinished(() => refusing.stop());
  refusing.answer(403);
  const credentials = [
    credentialOf({ revoke: { with: 'webhook', url: refusing.url } }),
    credentialOf({ id: 'fine', peerGroup: 'other', revoke: locks.spec('fine') }),
  ];
  const response = responseOf({ ...AUTO(), limits: { peer_group_percent: 100 } }, credentials, {
    ...locks.settings,
    webhook: { secret: await secretOf('key') },
  });
  respondTo(alertOf({ credentials: [ID, 'fine'] }), response);
  await workThrough(response);
  expect(response.outbox.revocations('fine')).toMatchObject([{ state: 'verified' }]);
  expect(told()).toMatchObject([{ subject: ID, data: { ended: true, attempts: 1 } }]);
});

test('one that grew too old while its issuer was away, or Wayward was, is told; one that a person halted is not', async () => {
  const old = responseOf(AUTO(), [credentialOf()], await down());
  respondTo(alertOf(), old);
  await workThrough(old, NOW + 20 * MINUTE);
  expect(old.outbox.ofCause('alert-1')[0]).toMatchObject({ state: 'expired' });
  expect(told()).toMatchObject([{ data: { ended: true, note: expect.stringContaining('max_alert_age') } }]);

  receiver.received.length = 0;
  const halted = responseOf(AUTO(), [credentialOf()], await down());
  respondTo(alertOf(), halted);
  halt('ann', halted);
  await workThrough(halted);
  expect(halted.outbox.ofCause('alert-1')[0]).toMatchObject({ state: 'expired' });
  expect(told()).toEqual([]);
});

test('by hand, too, and of a restore; not of a drill, nor of what nobody approved', async () => {
  const locks = locksOf({ fine: true });
  const credential = credentialOf({ revoke: locks.spec('fine') });
  const response = responseOf({ ...AUTO(), mode: 'approve' }, [credential], locks.settings);
  await orderSteps(planFor([ID], response.plan), 'ann', response);
  await workThrough(response);
  const cause = orderRestore(restorablesOf([ID], response), 'bob', response);
  const [restore] = response.outbox.ofCause(cause);
  recordEnd(response, restore?.key ?? '', 'failed', 'its issuer says no');
  respondTo(alertOf({ openedAt: NOW + 10 * MINUTE, end: NOW + 10 * MINUTE }), response);
  const what = { action: 'revoke', kind: 'revoke', origin: 'drill', detail: 'd' } as const;
  const about = { ...what, agent: 'a', peerGroup: 'p', position: 0 };
  const times = { eventAt: undefined, expiresAt: undefined, decidedBy: 'bob' };
  response.outbox.add({ ...about, ...times, key: 'k', cause: 'drill-1', credential: 'canary-1' }, NOW);
  recordEnd(response, 'k', 'failed', 'refused');
  await workThrough(response, NOW + 20 * MINUTE);
  await workThrough(response, NOW + 40 * MINUTE);
  expect(response.outbox.ofCause('alert-1').map(({ state, action }) => [action, state])).toContainEqual([
    'revoke',
    'expired',
  ]);
  expect(told()).toMatchObject([
    {
      data: {
        by: 'bob',
        text: 'cred-billing-pg is NOT restored: its issuer says no. Nothing more is tried: wayward restore --credential cred-billing-pg --execute does it by hand.',
      },
    },
  ]);
});
