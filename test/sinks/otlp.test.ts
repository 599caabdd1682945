import { expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../src/config/secrets.ts';
import { otlp } from '../../src/sinks/otlp.ts';
import type { RejectedDocument } from '../../src/sinks/sink.ts';
import { startReceiver } from '../servers/receiver.ts';
import { revisions } from './elasticsearch/deliverables.ts';

/** What a receiver may answer that a Collector without trouble does not: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response */
async function place() {
  const receiver = await startReceiver();
  receiver.answer(200, '{}');
  const rejected: RejectedDocument[] = [];
  const headers = { 'x-api-key': Secret.holding('key-of-the-test', 'the key of the test') };
  const sink = await otlp.open(
    { endpoint: receiver.url, headers },
    { rejected: (document) => void rejected.push(document) },
  );
  onTestFinished(async () => {
    sink.stop();
    await receiver.stop();
  });
  /** Ids of the records of each request. */
  const posted = (): string[][] =>
    receiver.received.map(({ body }) =>
      JSON.parse(body).resourceLogs[0].scopeLogs[0].logRecords.map(
        (record: { attributes: { value: { stringValue: string } }[] }) => record.attributes[0]?.value.stringValue,
      ),
    );
  return { receiver, sink, rejected, posted };
}

test('headers go along, and stand in no reason', async () => {
  const { receiver, sink } = await place();
  receiver.answer(403);
  const delivered = sink.deliver(revisions('denied', 1), false);
  await expect.poll(() => sink.state).toMatchObject({ state: 'refused' });
  expect(receiver.received[0]).toMatchObject({ path: '/v1/logs', headers: { 'x-api-key': 'key-of-the-test' } });
  expect(JSON.stringify(sink.state)).not.toContain('key-of-the-test');
  sink.stop();
  await expect(delivered).rejects.toThrow(/abort/i);
});

test('what is put off is posted again, not before the time that the receiver asks for', async () => {
  const { receiver, sink, posted } = await place();
  receiver.answer(429, '', { 'retry-after': '1' });
  const delivered = sink.deliver(revisions('later', 3), false);
  await expect.poll(() => receiver.received.length).toBe(1);
  const began = Date.now();
  receiver.answer(200, '{}');
  await delivered;
  expect(Date.now() - began).toBeGreaterThan(800);
  expect(posted()[1]).toEqual(posted()[0]);
  expect(posted()).toHaveLength(2);
});

test('of a request that is at fault, each record is tried alone', async () => {
  const { receiver, sink, rejected, posted } = await place();
  receiver.answer(400, '{"code":3,"message":"bad"}');
  await sink.deliver(revisions('unfit', 2), false);
  expect(posted().map(({ length }) => length)).toEqual([2, 1, 1]);
  expect(rejected).toMatchObject([
    { target: 'wayward.alert', type: '400' },
    { target: 'wayward.alert', type: '400' },
  ]);
  expect(sink.counts.rejected).toBe(2);
});

test('what a receiver drops of what it takes is counted, and not posted again', async () => {
  const { receiver, sink, rejected, posted } = await place();
  receiver.answer(200, '{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"secret text of theirs"}}');
  await sink.deliver(revisions('part', 5), false);
  expect(posted()).toHaveLength(1);
  expect(rejected).toMatchObject([{ type: 'partial-success', reason: 'the receiver dropped records' }]);
  expect(rejected[0]?.id).toMatch(/^2 of 5 from part-0-/);
  expect(sink.counts.rejected).toBe(2);
});
