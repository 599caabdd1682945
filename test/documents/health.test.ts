import { expect, test } from 'vitest';
import { healthDocuments, type Measurement } from '../../src/documents/health.ts';
import { fieldsOf } from './observed.ts';

const MEASURED = { process: 'host-1:4711', version: '0.1.0', time: Date.UTC(2026, 0, 5, 9) };

test('each measurement is a document that says what it is of', () => {
  const [lag, dead] = healthDocuments(
    [
      { metric: 'lag', value: 12, topic: 'gateway-logs', partition: 0 },
      { metric: 'dead_letters', value: 3, reason: 'not-json' },
    ],
    MEASURED,
  ).map(fieldsOf);
  expect(lag).toMatchObject({
    '@timestamp': '2026-01-05T09:00:00.000Z',
    event: { kind: 'metric', dataset: 'wayward.health' },
    service: { name: 'wayward', version: '0.1.0', node: { name: 'host-1:4711' } },
  });
  expect(lag?.['wayward']).toEqual({ health: { metric: 'lag', value: 12, topic: 'gateway-logs', partition: 0 } });
  expect(dead?.['wayward']).toEqual({ health: { metric: 'dead_letters', value: 3, reason: 'not-json' } });
});

test('another process, metric, label or time is another document; the same is the same', () => {
  const base: Measurement = { metric: 'lag', value: 1, topic: 'a', partition: 1 };
  const idOf = (measurement: Measurement, measured = MEASURED): string | undefined =>
    healthDocuments([measurement], measured)[0]?.id;
  const ids = [
    idOf(base),
    idOf({ ...base, metric: 'records' }),
    idOf({ ...base, topic: 'b' }),
    idOf({ ...base, partition: 2 }),
    idOf({ ...base, reason: 'x' }),
    idOf({ metric: 'lag', value: 1 }),
    idOf(base, { ...MEASURED, process: 'host-2:1' }),
    idOf(base, { ...MEASURED, time: MEASURED.time + 1 }),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  expect(idOf({ ...base, value: 2 })).toBe(idOf(base));
});

test('what is no number is left out, and hostile labels are harmless', () => {
  const documents = healthDocuments(
    [
      { metric: 'lag', value: Number.NaN },
      { metric: 'lag', value: Number.POSITIVE_INFINITY },
      { metric: 'ignored', value: 0, reason: `__proto__\n${'x'.repeat(10_240)}` },
    ],
    MEASURED,
  );
  expect(documents).toHaveLength(1);
  expect(fieldsOf(documents[0] as (typeof documents)[number])['wayward']?.['health']?.['value']).toBe(0);
});
