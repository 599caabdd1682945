import { expect, onTestFinished, test } from 'vitest';
import { otlp } from '../../src/sinks/otlp.ts';
import type { AlertRevision, Deliverable, RejectedDocument } from '../../src/sinks/sink.ts';
import { alertOf } from '../response/alert-of.ts';
import { type CollectedRecord, startCollector } from '../servers/collector.ts';
import { describeWith } from '../servers/require-server.ts';
import { activity, revisions } from './elasticsearch/deliverables.ts';

const attribute = ({ attributes }: CollectedRecord, name: string): unknown =>
  attributes.find(({ key }) => key === name)?.value;

describeWith('an OpenTelemetry Collector', startCollector, (server) => {
  async function open(endpoint = server().endpoint) {
    const rejected: RejectedDocument[] = [];
    const sink = await otlp.open({ endpoint, headers: {} }, { rejected: (document) => void rejected.push(document) });
    onTestFinished(() => sink.stop());
    return { sink, rejected };
  }
  const collected = (prefix: string): CollectedRecord[] =>
    server()
      .records()
      .filter((record) => JSON.stringify(attribute(record, 'log.record.uid')).includes(prefix));

  test('takes alerts and what response did as log records with their time, severity and every field', async () => {
    const { sink, rejected } = await open();
    const [alert] = revisions('field', 1) as [AlertRevision];
    const document = {
      ...alert.document,
      extra: { whole: 7, half: 0.5, yes: true, list: ['a', { b: 1 }], none: null },
    };
    const response: Deliverable = {
      stream: 'response',
      id: 'field-step',
      document: { '@timestamp': '2026-09-01T10:00:01.500Z', message: 'revoked', event: { action: 'revoke' } },
    };
    await sink.deliver([...activity('field', 2), { ...alert, document }, response], false);
    await expect.poll(() => collected('field')).toHaveLength(2);
    const [first, second] = collected('field') as [CollectedRecord, CollectedRecord];
    expect(first).toMatchObject({
      timeUnixNano: `${alert.alert.openedAt}000000`,
      severityText: alert.alert.severity,
      eventName: 'wayward.alert',
      body: { stringValue: alert.alert.title },
    });
    expect(attribute(first, 'event.id')).toEqual({ stringValue: alert.alert.id });
    expect(attribute(first, 'wayward.principal')).toEqual({ stringValue: alert.alert.principal });
    expect(attribute(first, 'extra.whole')).toEqual({ intValue: '7' });
    expect(attribute(first, 'extra.half')).toEqual({ doubleValue: 0.5 });
    expect(attribute(first, 'extra.yes')).toEqual({ boolValue: true });
    expect(attribute(first, 'extra.none')).toBeUndefined();
    expect(attribute(first, 'extra.list')).toEqual({
      arrayValue: {
        values: [{ stringValue: 'a' }, { kvlistValue: { values: [{ key: 'b', value: { intValue: '1' } }] } }],
      },
    });
    expect(second).toMatchObject({
      severityText: 'info',
      eventName: 'wayward.response',
      timeUnixNano: '1788256801500000000',
    });
    expect(rejected).toEqual([]);
  });

  test('takes a thousand of them, each once, and graver ones are graver', async () => {
    const { sink } = await open();
    await sink.deliver(revisions('many', 1_000), false);
    await expect
      .poll(() => new Set(collected('many').map((record) => attribute(record, 'log.record.uid'))).size, {
        timeout: 10_000,
      })
      .toBe(1_000);
    const graver = (['low', 'medium', 'high', 'critical'] as const).map((severity): AlertRevision => {
      const alert = alertOf({ id: 'graver', severity });
      return {
        alert,
        document: { '@timestamp': '2026-09-01T10:00:00.000Z', event: { severity: SCORES[severity] } },
        rose: true,
      };
    });
    await sink.deliver(graver, false);
    await expect.poll(() => collected('graver')).toHaveLength(4);
    expect(collected('graver').map(({ severityNumber }) => severityNumber)).toEqual([9, 13, 17, 21]);
  });

  test('a path where none listens waits for a person', async () => {
    const { sink } = await open(`${server().endpoint}/elsewhere`);
    const delivered = sink.deliver(revisions('elsewhere', 1), false);
    await expect
      .poll(() => sink.state)
      .toMatchObject({
        state: 'refused',
        reason: 'OTLP receiver answered 404; check otlp.endpoint and otlp.headers',
      });
    sink.stop();
    await expect(delivered).rejects.toThrow(/abort/i);
  });
});

const SCORES = { low: 21, medium: 47, high: 73, critical: 99 };
