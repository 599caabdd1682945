import { expect, test } from 'vitest';
import { METRICS } from '../../src/ops/metric-list.ts';
import { Metrics } from '../../src/ops/metrics.ts';
import { parsePrometheus } from './prometheus-text.ts';

const samplesOf = async (metrics: Metrics) => parsePrometheus(await metrics.text());

test('parts add up, and leave', async () => {
  const metrics = new Metrics();
  metrics.read('lag', () => [
    { value: 3, labels: { topic: 'gateway', partition: '0' } },
    { value: 4, labels: { topic: 'gateway', partition: '1' } },
  ]);
  const gone = metrics.read('lag', () => [{ value: 5, labels: { topic: 'gateway', partition: '1' } }]);
  expect((await samplesOf(metrics)).get('wayward_lag_records{topic="gateway",partition="1"}')).toBe(9);
  gone();
  const after = await samplesOf(metrics);
  expect(after.get('wayward_lag_records{topic="gateway",partition="1"}')).toBe(4);
  expect(after.get('wayward_lag_records{topic="gateway",partition="0"}')).toBe(3);
});

test('of delays the greatest counts; what is no number is left out', async () => {
  const metrics = new Metrics();
  for (const value of [2, 7, Number.NEGATIVE_INFINITY, Number.NaN]) metrics.read('watermarkDelay', () => value);
  expect((await samplesOf(metrics)).get('wayward_watermark_delay_seconds')).toBe(7);
});

test('what nobody tells is absent, not 0', async () => {
  const samples = await samplesOf(new Metrics());
  for (const { name } of Object.values(METRICS)) expect(samples.has(name)).toBe(false);
});

test('hostile names of topics and sources stay inside their quotes', async () => {
  const metrics = new Metrics();
  metrics.read('records', () => [{ value: 1, labels: { source: 'a"} 1\nwayward_events_total 99\\' } }]);
  const samples = await samplesOf(metrics);
  expect(samples.has('wayward_events_total')).toBe(false);
  expect([...samples.keys()].filter((key) => key.startsWith('wayward_records_total'))).toHaveLength(1);
});

test('durations fall into buckets; a clock that went back is no negative one', async () => {
  const metrics = new Metrics();
  for (const seconds of [0.3, 4, -5, 100_000]) metrics.observe('alertLatency', seconds);
  const samples = await samplesOf(metrics);
  expect(samples.get('wayward_alert_latency_seconds_bucket{le="0.5"}')).toBe(2);
  expect(samples.get('wayward_alert_latency_seconds_count')).toBe(4);
});

test('counts in the health stream are what was added since the measurement before; a count that fell adds nothing', () => {
  const metrics = new Metrics();
  let records = 100;
  metrics.read('records', () => records);
  metrics.read('principals', () => 7);
  const next = (count: number) => {
    records = count;
    return metrics.measurements().map(({ metric, value }) => `${metric} ${value}`);
  };
  expect(next(100)).toEqual(['records 100', 'principals 7']);
  expect(next(130)).toEqual(['records 30', 'principals 7']);
  expect(next(50)).toEqual(['records 0', 'principals 7']);
  expect(next(60)).toEqual(['records 10', 'principals 7']);
});

test('the health stream gets the same numbers, with topic, partition and reason', () => {
  const metrics = new Metrics();
  metrics.read('records', () => [
    { value: 3, labels: { source: 'a' } },
    { value: 4, labels: { source: 'b' } },
  ]);
  metrics.read('lag', () => [{ value: 5, labels: { topic: 'gateway', partition: '11' } }]);
  metrics.read('deadLetters', () => [{ value: 1, labels: { reason: 'invalid-json' } }]);
  metrics.read('halted', () => 1);
  expect(metrics.measurements()).toEqual([
    { metric: 'records', value: 7 },
    { metric: 'dead_letters', value: 1, reason: 'invalid-json' },
    { metric: 'lag', value: 5, topic: 'gateway', partition: 11 },
  ]);
});
