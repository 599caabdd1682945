import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { lookAt, waitingApprovals } from '../../src/response/approval.ts';
import { approve, halt, resume } from '../../src/response/control.ts';
import { respondTo } from '../../src/response/responder.ts';
import { saveAlert, saveClosing } from '../../src/sinks/store-alerts.ts';
import { alertOf } from './alert-of.ts';
import { ladderOf, locksOf } from './ladder-of.ts';
import { credentialOf, NOW, responseOf } from './response-of.ts';

const MINUTE = 60_000;
const ID = 'cred-billing-pg';
const WEBHOOK = { url: 'http://127.0.0.1:1/', secret: 'secret://env/WEBHOOK_KEY' };

/** One credential, and an alert about it that grows; times are minutes after NOW. */
function scene(config: object = {}, others = 0) {
  const locks = locksOf({ 'lock-out': true });
  const noise = Array.from({ length: others }, (_, index) =>
    credentialOf({ id: `cred-${index}`, agent: `a${index}`, peerGroup: `g${index}`, ...ladderOf(locks, 'lock-out') }),
  );
  const credential = credentialOf(ladderOf(locks, 'lock-out'));
  const all = { mode: 'approve', approval_timeout: '15m', webhook: WEBHOOK, ...config };
  const response = responseOf(all, [credential, ...noise], locks.settings);
  const worker = response.worker({ deliver: async () => undefined });
  return {
    locks,
    response,
    /** The alert gets evidence of that time, and is seen by response then. */
    grows(minute: number, changes: Partial<Alert> = {}): string[] {
      if (response.now() < NOW + minute * MINUTE) response.at(NOW + minute * MINUTE);
      const time = NOW + minute * MINUTE;
      const alert = alertOf({ end: time, lastEvidence: { [ID]: time }, ...changes });
      saveAlert(response.store, alert);
      return respondTo(alert, response).map(({ outcome }) => outcome);
    },
    /** Lets the time go by, minute by minute. */
    async goesTo(minute: number): Promise<void> {
      for (let at = (response.now() - NOW) / MINUTE; at < minute; at++) {
        response.at(NOW + (at + 1) * MINUTE);
        await worker.drain();
      }
    },
    asked: () => response.audit.ofCause('alert-1').filter(({ type }) => type === 'decided').length,
    reasons: () =>
      response.audit
        .ofCause('alert-1')
        .filter(({ type }) => type === 'decided')
        .map(({ steps }) => (steps as { because: string }[])[0]?.because ?? ''),
    state: () => response.outbox.ofCause('alert-1').find(({ action }) => action === 'revoke')?.state,
    notices: () => response.outbox.ofCause('alert-1').filter(({ action }) => action === 'notify').length,
  };
}

test('nobody approved it in time, and misuse goes on: a person is asked again, by a new link, and told', async () => {
  const { grows, goesTo, state, reasons, notices, response, locks } = scene();
  expect(grows(0)).toEqual(['approve']);
  const [first] = waitingApprovals(response, 9);
  await goesTo(16);
  expect(state()).toBe('expired');
  expect(grows(17)).toEqual(['approve']);
  const [second] = waitingApprovals(response, 9);
  expect(second?.expiresAt).toBe(NOW + 32 * MINUTE);
  expect(first && lookAt(first, response).standing).toBe('superseded');
  expect(notices()).toBe(2);
  expect(reasons().at(-1)).toBe(
    `a person is asked again, 2 of at most 6 times: nobody approved it in time, and misuse went on until ${new Date(NOW + 17 * MINUTE).toISOString()}`,
  );
  await goesTo(20);
  expect(locks.isSet('lock-out')).toBe(false);
  approve('alert-1', 'ann', response);
  await goesTo(21);
  expect(locks.isSet('lock-out')).toBe(true);
});

test('what went on while it waited counts, too, where nothing comes after it', async () => {
  const { grows, goesTo, asked, state } = scene();
  grows(0);
  expect(grows(10)).toEqual([]); // it still waits
  await goesTo(15);
  expect([asked(), state()]).toEqual([2, 'planned']);
  await goesTo(300);
  expect([asked(), state()]).toEqual([2, 'expired']);
});

test('nobody is asked again where nothing goes on', async () => {
  const { grows, goesTo, asked } = scene();
  grows(0);
  grows(0.1); // what was under way
  await goesTo(300);
  grows(0.1, { revision: 3 });
  expect(asked()).toBe(1);
});

test('each time after a longer pause, and not without end', async () => {
  const { grows, goesTo, response, asked, locks } = scene();
  const askedAt: number[] = [];
  for (let minute = 0; minute < 3_000; minute += 5) {
    const before = asked();
    await goesTo(minute);
    grows(minute);
    if (asked() > before) askedAt.push(minute);
  }
  expect(askedAt).toHaveLength(6);
  const pauses = askedAt.slice(1).map((at, index) => at - (askedAt[index] ?? 0));
  expect(pauses.every((pause, index) => pause > (pauses[index - 1] ?? 0))).toBe(true);
  expect(locks.calls('lock-out')).toBe(0);
  expect(response.audit.verify().problems).toEqual([]);
});

test.each([
  [
    'the alert was too old',
    (all: ReturnType<typeof scene>) => all.grows(16, { severityHistory: alertOf().severityHistory }),
  ],
  [
    'automatic response was halted',
    ({ response, grows }: ReturnType<typeof scene>) => {
      halt('ann', response);
      const asked = grows(0);
      resume('ann', response);
      return asked;
    },
  ],
  [
    'the breaker was open',
    ({ response, grows }: ReturnType<typeof scene>) => {
      for (let index = 0; index < 5; index++)
        respondTo(alertOf({ id: `noise-${index}`, credentials: [`cred-${index}`] }), response);
      const asked = grows(0);
      resume('ann', response);
      return asked;
    },
  ],
])('%s: it is asked again while misuse goes on, and never made without a yes', async (_name, begins) => {
  const all = scene({ mode: 'auto' }, 5);
  expect(begins(all)).toEqual(['approve']);
  await all.goesTo(35);
  expect(all.grows(36)).toEqual(['approve']);
  expect(all.reasons()[1]).toContain('asked again, 2 of at most 6 times');
  await all.goesTo(300);
  expect(all.response.outbox.ofCause('alert-1').find(({ action }) => action === 'revoke')?.calledAt).toBeUndefined();
});

test('decided by itself, and not made before a halt: a person is asked once misuse goes on', async () => {
  const { grows, goesTo, response, reasons, locks } = scene({ mode: 'auto' });
  expect(grows(0)).toEqual(['auto']);
  halt('ann', response);
  await goesTo(1);
  resume('ann', response);
  expect(grows(2)).toEqual(['approve']);
  expect(reasons().at(-1)).toContain('a person is asked: automatic response was halted before the call, and misuse');
  await goesTo(10);
  expect(locks.isSet('lock-out')).toBe(false);
});

test('a grave theft behind an approval that timed out is no longer asked about: more severe is decided anew', async () => {
  const { grows, goesTo, locks } = scene({ mode: 'auto', rules: [{ severity: 'high', mode: 'auto' }] }, 5);
  const doubtful = { attribution: { method: 'db_user', confidence: 0.5 } } as const;
  expect(grows(0, doubtful)).toEqual(['approve']);
  await goesTo(16);
  const history = [{ severity: 'critical', at: NOW + 17 * MINUTE, revision: 2 }] as const;
  expect(grows(17, { severity: 'critical', severityHistory: history })).toEqual(['auto']);
  await goesTo(18);
  expect(locks.isSet('lock-out')).toBe(true);
});

test.each([
  ['said no', 'refuse'],
  ['closed the alert as benign', 'benign'],
  ['confirmed the alert', 'confirmed'],
] as const)('nobody is asked again where a person %s', async (_name, word) => {
  const { grows, goesTo, response, asked } = scene();
  grows(0);
  if (word === 'refuse') {
    const [step] = response.outbox.waiting();
    response.outbox.refuse(step?.key ?? '', 'ann', response.now());
  } else {
    const verdict = { alert: 'alert-1', verdict: word, because: 'known', by: 'ann', at: NOW };
    saveClosing(response.store, verdict);
  }
  await goesTo(20);
  const changes = word === 'confirmed' ? { verdict: { value: word, by: 'ann', at: NOW, because: '' } } : {};
  grows(21, changes);
  await goesTo(100);
  expect(asked()).toBe(1);
});

test.each([['dry-run'], ['off']])('nor where the mode is %s by now', async (mode) => {
  const { grows, goesTo, response, asked } = scene();
  grows(0);
  await goesTo(16);
  const alert = alertOf({ end: NOW + 17 * MINUTE, lastEvidence: { [ID]: NOW + 17 * MINUTE } });
  const config = { ...response.config, mode: mode as 'dry-run' | 'off' };
  expect(respondTo(alert, { ...response, config })).toEqual([]);
  expect(asked()).toBe(1);
});

test('a notification that still waits is enough: a storm is not told of twice', async () => {
  const { grows, goesTo, response, notices, asked } = scene({ webhook: { ...WEBHOOK, per_minute: 1 } });
  const filler = alertOf({ credentials: [] });
  for (let index = 0; index < 60; index++) respondTo({ ...filler, id: `about-filler-${index}` }, response);
  grows(0);
  await goesTo(16);
  grows(17);
  expect([asked(), notices()]).toEqual([2, 1]);
});
