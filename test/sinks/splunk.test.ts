import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { alertDocument } from '../../src/alerts/document.ts';
import { Secret } from '../../src/config/secrets.ts';
import type { DeliveryState } from '../../src/sinks/patience.ts';
import type { RejectedDocument, Sink } from '../../src/sinks/sink.ts';
import { splunk } from '../../src/sinks/splunk.ts';
import { alertOf } from '../response/alert-of.ts';
import { type FakeSplunk, startFakeSplunk } from '../servers/fake-splunk.ts';
import { activity, revisions } from './elasticsearch/deliverables.ts';

interface Place {
  readonly server: FakeSplunk;
  readonly sink: Sink;
  readonly rejected: RejectedDocument[];
  readonly states: DeliveryState[];
}

async function place(more: { readonly token?: string; readonly index?: string } = {}): Promise<Place> {
  const server = await startFakeSplunk();
  const { token = server.token, ...others } = more;
  const rejected: RejectedDocument[] = [];
  const states: DeliveryState[] = [];
  const settings = { url: `${server.url}/`, token: Secret.holding(token, 'the token of the test'), ...others };
  const sink = await splunk.open(settings, {
    rejected: (document) => void rejected.push(document),
    stateChanged: (state) => states.push(state),
  });
  onTestFinished(async () => {
    sink.stop();
    await sink.close();
    await server.stop();
  });
  return { server, sink, rejected, states };
}

const response = {
  stream: 'response' as const,
  id: 'step-7',
  document: { '@timestamp': '2026-09-01T10:00:01.500Z', message: 'revoked', event: { action: 'revoke' } },
};

test('an alert is an event each time its severity rises, what response did is one, and what dashboards count is none', async () => {
  const { server, sink, rejected } = await place({ index: 'agents' });
  const [alert] = revisions('alert', 1);
  if (alert === undefined) throw new TypeError('no alert');
  const worse = alertOf({ ...alert.alert, severity: 'critical', revision: 2 });
  const later = alertOf({ ...worse, revision: 3 });
  await sink.deliver(
    [
      ...activity('hour', 3),
      alert,
      { alert: worse, document: alertDocument(worse), rose: true },
      { alert: later, document: alertDocument(later), rose: false },
      response,
    ],
    false,
  );
  expect(server.events.map(({ sourcetype, index, fields }) => [sourcetype, index, fields['wayward_id']])).toEqual([
    ['wayward:alert', 'agents', `alert-0-${alert.alert.severity}`],
    ['wayward:alert', 'agents', 'alert-0-critical'],
    ['wayward:response', 'agents', 'step-7'],
  ]);
  expect(server.events[0]?.event).toEqual(JSON.parse(JSON.stringify(alert.document)));
  expect(server.events[0]?.time).toBe(alert.alert.openedAt / 1_000);
  expect(server.events[2]?.time).toBe(1_788_256_801.5);
  expect(rejected).toEqual([]);
});

test('while Splunk is busy everything waits, and each is there once afterwards', async () => {
  const { server, sink, states } = await place();
  server.is.busy = true;
  const delivered = sink.deliver(revisions('busy', 250), false);
  await expect.poll(() => states.at(-1)).toMatchObject({ state: 'retrying', reason: 'Splunk answered 503, code 9' });
  expect(sink.counts.retries).toBeGreaterThan(0);
  server.is.busy = false;
  await delivered;
  expect(states.at(-1)).toEqual({ state: 'ok' });
  expect(new Set(server.events.map(({ fields }) => fields['wayward_id'])).size).toBe(250);
  expect(server.events).toHaveLength(250);
});

test('a token that acknowledges is asked until what it took is stored', async () => {
  const { server, sink } = await place();
  server.is.acknowledgesAfter = 2;
  let isDone = false;
  const delivered = sink.deliver(revisions('stored', 1), false).then(() => {
    isDone = true;
  });
  await expect.poll(() => server.events.length).toBe(1);
  await sleep(100); // it is in Splunk, and not stored yet
  expect(isDone).toBe(false);
  await delivered;
});

test('one event that Splunk will not take is a dead letter and keeps no other back', async () => {
  const { server, sink, rejected } = await place();
  server.is.mostBytes = 60_000;
  const documents = Array.from({ length: 20 }, (_, at) => {
    const message = at === 13 ? 'x'.repeat(70_000) : 'revoked';
    return { ...response, id: `step-${at}`, document: { ...response.document, message } };
  });
  await sink.deliver(documents, false);
  expect(server.events.map(({ fields }) => fields['wayward_id'])).toEqual(
    documents.map(({ id }) => id).filter((id) => id !== 'step-13'),
  );
  expect(rejected).toMatchObject([{ target: 'wayward.response', id: 'step-13', type: '27' }]);
  expect(sink.counts.rejected).toBe(1);
});

test.each([
  ['a token that it does not know', { token: 'another' }, 'Splunk refuses the token (403, code 4); check splunk.token'],
  [
    'an index that it does not know',
    { index: 'nowhere' },
    'Splunk does not know the index or may not write there (400, code 7); check splunk.index',
  ],
])('%s waits for a person, who is told what to write', async (_what, settings, reason) => {
  const { server, sink, states, rejected } = await place(settings);
  const delivered = sink.deliver(revisions('refused', 1), false);
  await expect.poll(() => states.at(-1)).toMatchObject({ state: 'refused', reason });
  sink.stop();
  await expect(delivered).rejects.toThrow(/abort/i);
  expect([server.events, rejected]).toEqual([[], []]);
});

test('the token stands in no reason, whatever goes wrong', async () => {
  const { server, sink, states } = await place();
  await server.stop();
  const delivered = sink.deliver(revisions('away', 1), false);
  await expect.poll(() => states.at(-1)?.state).toBe('retrying');
  expect(JSON.stringify(states)).not.toContain(server.token);
  sink.stop();
  await expect(delivered).rejects.toThrow(/abort/i);
});
