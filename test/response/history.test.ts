import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { beginWithHistory, historyIsRead } from '../../src/response/history.ts';
import { respondTo } from '../../src/response/responder.ts';
import { saveAlert } from '../../src/sinks/store-alerts.ts';
import { alertOf } from './alert-of.ts';
import { ladderOf, locksOf } from './ladder-of.ts';
import { credentialOf, NOW, responseOf, type TestResponse } from './response-of.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const ID = 'cred-billing-pg';
const webhook = { url: 'http://127.0.0.1:1/', secret: 'secret://env/WEBHOOK_KEY', per_minute: 1_000 };

interface Start {
  readonly response: TestResponse;
  readonly said: string[];
  readonly posted: { type: string; data: { alerts?: object; text?: string } }[];
  /** What response makes of an alert with this last evidence, minutes from the start on. */
  takes(minute: number, changes?: Partial<Alert>): string[];
  drain(): Promise<void>;
}

function started(folder?: string): Start {
  const locks = locksOf({ 'lock-out': true });
  const response = responseOf(
    { mode: 'auto', webhook },
    [credentialOf(ladderOf(locks, 'lock-out'))],
    locks.settings,
    folder === undefined ? {} : { folder },
  );
  const said: string[] = [];
  const posted: Start['posted'] = [];
  const worker = response.worker({
    onHistory: (text) => said.push(text),
    deliver: async (event) => posted.push(structuredClone(event) as Start['posted'][number]),
  });
  return {
    response,
    said,
    posted,
    drain: () => worker.drain(),
    takes(minute, changes = {}) {
      const end = NOW + minute * MINUTE;
      const alert = alertOf({ id: `alert${minute}`, openedAt: end, end, lastEvidence: { [ID]: end }, ...changes });
      saveAlert(response.store, alert);
      return respondTo(alert, response).map(({ outcome }) => outcome);
    },
  };
}

test('history read at the first start: nobody is called, nothing is done, and one message sums it', async () => {
  const { response, takes, drain, said, posted } = started();
  beginWithHistory(response, false);
  for (let day = 1; day <= 20; day++)
    expect(takes((-day * DAY) / MINUTE, day % 2 === 0 ? { severity: 'critical' } : {})).toEqual(['approve']);
  takes(-16, { severity: 'medium' });
  response.at(NOW + 10 * MINUTE); // reading takes long: still nothing
  await drain();
  expect([said, posted]).toEqual([[], []]);
  historyIsRead(response);
  await drain();
  expect(posted).toMatchObject([
    { type: 'wayward.history', data: { alerts: { critical: 10, high: 10, medium: 1 }, text: said[0] } },
  ]);
  expect(said).toEqual([expect.stringContaining('10 critical, 10 high, 1 medium, from 2026-12-26T08:00:00.000Z')]);
  expect(response.outbox.ofCause(`alert${-DAY / MINUTE}`)).toMatchObject([{ state: 'planned' }]);
  expect(response.audit.after(0).filter(({ type }) => type === 'decided')).toHaveLength(20);
  expect(response.audit.after(0).filter(({ type }) => type === 'history')).toHaveLength(1);
  response.at(NOW + DAY);
  historyIsRead(response);
  await drain();
  expect(posted).toHaveLength(1);
  expect(response.outbox.waiting()).toEqual([]); // nobody wanted it
});

test.each([['before all is read'], ['after all is read, before it is said'], ['after it is said']])(
  'a restart %s: the message comes once',
  async (when) => {
    const first = started();
    beginWithHistory(first.response, false);
    first.takes(-DAY / MINUTE);
    if (when !== 'before all is read') historyIsRead(first.response);
    if (when === 'after it is said') await first.drain();
    const second = started(first.response.folder);
    second.response.at(NOW + 3 * DAY);
    beginWithHistory(second.response, false); // its first start was then
    second.takes(-DAY / MINUTE, { revision: 2 });
    second.takes(-DAY / MINUTE - 1);
    historyIsRead(second.response);
    await second.drain();
    second.response.at(NOW + 4 * DAY);
    await second.drain();
    const messages = [...first.posted, ...second.posted].filter(({ type }) => type === 'wayward.history');
    expect(messages).toHaveLength(when === 'after it is said' ? 2 : 1); // what came after the message is summed in another
    expect([...first.posted, ...second.posted].filter(({ type }) => type === 'wayward.alert')).toEqual([]);
  },
);

test('where nobody can say that all is read, it is summed once no more of it has come for a minute', async () => {
  const { response, takes, drain, posted } = started();
  beginWithHistory(response, true);
  for (let second = 0; second < 300; second += 50) {
    response.at(NOW + second * 1_000);
    takes(-DAY / MINUTE - second);
    await drain();
  }
  expect(posted).toEqual([]);
  response.at(NOW + 311_000);
  await drain();
  expect(posted).toMatchObject([{ type: 'wayward.history', data: { alerts: { high: 6 } } }]);
});

test('an incident that runs on into the present is no history: a person is asked', async () => {
  const { response, takes, drain, posted } = started();
  beginWithHistory(response, false);
  const id = 'alert-1';
  const severityHistory = [{ severity: 'high', at: NOW - 60 * MINUTE, revision: 1 }] as const;
  expect(takes(-60, { id, severityHistory })).toEqual(['approve']);
  expect(takes(-1, { id, severityHistory, revision: 2 })).toEqual(['approve']);
  await drain();
  expect(posted.map(({ type }) => type)).toEqual(['wayward.alert']);
  historyIsRead(response);
  await drain();
  expect(posted.map(({ type }) => type)).toEqual(['wayward.alert', 'wayward.history']);
});

test.each([
  ['at the first start, what is no older than max_alert_age', true, -14, ['auto']],
  ['at a later start, what is old', false, -DAY / MINUTE, ['approve']],
])('%s goes its usual way', async (_name, isFirst, minute, outcomes) => {
  const { response, takes, drain, posted } = started();
  if (isFirst) beginWithHistory(response, false);
  expect(takes(minute)).toEqual(outcomes);
  historyIsRead(response);
  await drain();
  expect(posted.map(({ type }) => type)).toEqual(['wayward.alert']);
});

test('where there was nothing that response is about, nothing is said', async () => {
  const { response, takes, drain, said, posted } = started();
  beginWithHistory(response, false);
  takes(-DAY / MINUTE, { severity: 'low' });
  historyIsRead(response);
  await drain();
  expect([said, posted]).toEqual([[], []]);
});
