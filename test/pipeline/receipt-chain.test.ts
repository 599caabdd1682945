import { describe, expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import type { BrokenChain } from '../../src/event.ts';
import { formatById } from '../../src/formats/registry.ts';
import { Core } from '../../src/pipeline/core.ts';
import { decodeEvents, encodeEvents } from '../../src/pipeline/kafka/events-message.ts';
import { Lane } from '../../src/pipeline/lane.ts';
import { Merge } from '../../src/pipeline/merge.ts';
import type { PendingUse } from '../../src/pipeline/ordered.ts';
import { type Receipt, receiptAfter, receipts, START } from '../formats/receipts.ts';
import { redactor } from '../formats/records.ts';
import { registryOf, shippedDetectors } from '../quality/measure.ts';
import { options as ofPostgres, source } from './both-ways.ts';

/** Authensor chains its receipts by their hashes: what was changed, taken away or put in shows. */

const format = formatById('authensor-receipts');
const options = { ...ofPostgres, format };
const registry = registryOf(
  'credentials:\n  - { id: cred-billing, agent: billing, slot: authensor, kind: authensor-key, owner: a@example.com, match: { authensor_principal: billing } }\n',
);
const linesOf = (all: readonly object[]): string[] => all.map((each) => JSON.stringify(each));
const without = (n: number, count = 6): Receipt[] => receipts(count).filter((_, at) => at !== n);

async function laneOf(all: readonly object[], chunk?: number): Promise<{ lane: Lane; events: PendingUse[] }> {
  const events: PendingUse[] = [];
  const lane = new Lane(source(linesOf(all), chunk), options);
  while (lane.state !== 'ended') await lane.read(65_536, events, undefined);
  return { lane, events };
}

const brokenIn = (events: readonly PendingUse[]): BrokenChain[] =>
  events.flatMap(({ use }) => (use.reading?.broken === undefined ? [] : [use.reading.broken]));

const briefly = async (all: readonly object[]): Promise<[string, string][]> =>
  brokenIn((await laneOf(all)).events).map(({ record, why }) => [record, why]);

async function alertsOf(all: readonly object[]): Promise<Alert[]> {
  const alerts = new Map<string, Alert>();
  const core = new Core(registry, shippedDetectors(), (alert) => alerts.set(alert.id, alert));
  for await (const batch of new Merge([new Lane(source(linesOf(all)), options)]).batches()) core.process(batch);
  return [...alerts.values()];
}

describe('a whole chain is nothing', () => {
  const [first, second, ...rest] = receipts(6);
  const page = receipts(4);
  const together = [5, 6, 7].map((n) =>
    receiptAfter(page[3], n, { timestamp: new Date(START + 300_000 + n).toISOString() }),
  );
  const plain = { id: 'old', timestamp: new Date(START - 60_000).toISOString(), decision: { outcome: 'allow' } };
  const [capital] = ['ABCD'].map((sent) => {
    const { receiptHash } = receiptAfter(undefined, 1, { envelopeId: sent });
    return {
      ...receiptAfter(undefined, 1),
      envelopeId: 'abcd',
      envelope: { ...page[0]?.envelope, id: sent },
      receiptHash,
    };
  });
  test.each<[string, readonly (object | undefined)[]]>([
    ['oldest first', receipts(40)],
    ['newest first', receipts(40).toReversed()],
    ['a list at a time, each newest first', [second, first, ...rest.toReversed()]],
    ['lists that overlap', [...receipts(4).toReversed(), ...receipts(6).toReversed()]],
    ['one that comes again with another status', [...page, { ...page[1], status: 'failed' }, receiptAfter(page[3], 4)]],
    ['asked for together, oldest first', [...page, ...together, receiptAfter(together[2], 8)]],
    [
      'asked for together, newest first',
      [receiptAfter(together[2], 8), ...together.toReversed(), ...page.toReversed()],
    ],
    ['from its middle on', receipts(9).slice(4)],
    ['after receipts that had no chain', [{ ...page[0], ...plain, receiptHash: undefined }, ...receipts(3)]],
    ['an envelope whose id PostgreSQL made small', [capital]],
  ])('%s', async (_, all) => {
    const { lane, events } = await laneOf(all.filter((each) => each !== undefined));
    expect(brokenIn(events)).toEqual([]);
    expect(lane.counts.deadLetters).not.toHaveProperty('receipt-hash');
  });
});

describe('a broken one is told, with the receipt where it breaks', () => {
  const six = receipts(6);
  const put = receiptAfter(undefined, 3, { id: 'put-in' });
  test.each<[string, readonly object[], [string, string][]]>([
    ['one taken away', without(3), [['receipt-4', 'missing']]],
    ['one taken away, newest first', without(3).toReversed(), [['receipt-4', 'missing']]],
    ['the last but one', without(4), [['receipt-5', 'missing']]],
    [
      'two taken away',
      without(3).filter((each) => each !== six[1] && each.id !== 'receipt-1'),
      [
        ['receipt-2', 'missing'],
        ['receipt-4', 'missing'],
      ],
    ],
    ['one put in that names none before it', [...six.slice(0, 4), put, ...six.slice(4)], [['put-in', 'new-chain']]],
    [
      'one put in without a hash',
      [...six.slice(0, 4), { ...put, receiptHash: null }, ...six.slice(4)],
      [['put-in', 'no-hash']],
    ],
    ['begun anew', [...six, receiptAfter(undefined, 9)], [['receipt-9', 'new-chain']]],
  ])('%s', async (_, all, expected) => {
    expect(await briefly(all)).toEqual(expected);
  });

  test.each<[string, Partial<Receipt>]>([
    ['its decision', { decision: { outcome: 'deny' } }],
    ['its time', { timestamp: '2026-11-02T10:03:00.001Z' }],
    ['its envelope', { envelopeId: 'e-9' }],
    ['the one before', { prevReceiptHash: 'a'.repeat(64) }],
    ['its hash', { receiptHash: 'b'.repeat(64) }],
    ['a hash that is none', { receiptHash: 'c' }],
  ])('%s was changed: it does not count as a receipt', async (_, changed) => {
    const all = six.map((each, at) => (at === 3 ? { ...each, ...changed } : each));
    const { lane, events } = await laneOf(all);
    expect(brokenIn(events)[0]).toMatchObject({ record: 'receipt-3', why: 'wrong-hash' });
    expect(lane.counts).toMatchObject({ events: 5, deadLetters: { 'receipt-hash': 1 } });
  });

  test('as one alert about the log, of which nothing can be revoked', async () => {
    expect(await alertsOf(six)).toEqual([]);
    const [alert, ...more] = await alertsOf(without(3));
    expect(more).toEqual([]);
    expect(alert).toMatchObject({ principal: 'source/authensor.receipt', severity: 'medium', credentials: [] });
    expect(alert).not.toHaveProperty('agent');
    expect(alert?.reason).toBe('the chain of authensor.receipt is broken at receipt-4: the one before it is missing');
  });

  test('the same after a restart anywhere, and on the way over Kafka', async () => {
    const all = [...without(3), ...receipts(9).slice(6)];
    for (let cut = 0; cut <= all.length; cut++) {
      const parser = format?.parser({ redactor });
      const next = format?.parser({ redactor });
      const found: BrokenChain[] = [];
      for (const [at, line] of linesOf(all).entries()) {
        if (at === cut) next?.load?.(JSON.parse(JSON.stringify(parser?.save?.())));
        const now = at < cut ? parser : next;
        now?.parse(Buffer.from(line), 0, Buffer.byteLength(line));
        found.push(...(now?.broken?.(false) ?? []));
      }
      expect(found).toMatchObject([{ record: 'receipt-4', why: 'missing' }]);
    }
    const { events } = await laneOf(without(3));
    const common = { from: 'appdb/0', of: { appdb: 1 }, watermark: 1, high: 1, live: true, closings: [] };
    const message = Buffer.from(encodeEvents({ ...common, events }));
    const decoded = decodeEvents(message);
    expect(brokenIn(decoded.events as PendingUse[])).toEqual(brokenIn(events));
  });

  test('an export with a filter costs little, memory too, and a secret in an id is not told', async () => {
    const lone = Array.from({ length: 3_000 }, (_, n) =>
      receiptAfter({ receiptHash: String(n).padEnd(64, 'd') } as Receipt, n / 10),
    );
    const { lane, events } = await laneOf(lone);
    expect(brokenIn(events).length).toBeGreaterThan(2);
    expect(brokenIn(events).length).toBeLessThan(100);
    expect(JSON.stringify(lane.save().parser).length).toBeLessThan(100_000);
    const secret = `ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}`;
    const told = await briefly([...six, receiptAfter(undefined, 9, { id: secret })]);
    expect(told).toHaveLength(1);
    expect(JSON.stringify(told)).not.toContain(secret);
  });
});
