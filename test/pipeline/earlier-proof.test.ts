import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { Core } from '../../src/pipeline/core.ts';
import { decodeEvents, encodeEvents } from '../../src/pipeline/kafka/events-message.ts';
import { PendingUse } from '../../src/pipeline/ordered.ts';
import { PROOF } from '../../src/proof.ts';
import { credential, identity, use } from '../attribution/helpers.ts';
import { shippedDetectors } from '../quality/measure.ts';

const message = { from: 'raw/0', of: { raw: 1 }, watermark: null, high: null, live: true, closings: [] };
const PENDING = [
  PendingUse.of({ ...use([identity('credential_id', 'a')]), proof: PROOF.keyMap }, 1, false, 'one'),
  PendingUse.of({ ...use([identity('credential_id', 'a')]), proof: PROOF.undeclared }, 2, false, 'two'),
  PendingUse.of(use([identity('credential_id', 'a')], { result: 'rejected' }), 3, false, 'three'),
];

test('an event keeps its proof on its way through Kafka, as the same object', () => {
  const { events } = decodeEvents(Buffer.from(encodeEvents({ ...message, events: PENDING })));
  expect(events.map((event) => event.use.proof)).toEqual([PROOF.keyMap, PROOF.undeclared, PROOF.failed]);
  expect(events[0]?.use.proof).toBe(PROOF.keyMap);
});

test('events that an earlier version put on the topic are read, as declared: they alert, and never act', () => {
  const written = JSON.parse(encodeEvents({ ...message, events: PENDING }));
  const rows = written.events.map((row: unknown[]) => row.slice(0, -2));
  const { events } = decodeEvents(Buffer.from(JSON.stringify({ ...written, v: 1, events: rows })));
  expect(events.map((event) => event.use.proof)).toEqual([PROOF.earlierVersion, PROOF.earlierVersion, PROOF.failed]);
});

test('a row of the new form under the old version, or without its proof, is no message of ours', () => {
  const written = JSON.parse(encodeEvents({ ...message, events: PENDING }));
  const short = written.events.map((row: unknown[]) => row.slice(0, -2));
  for (const wrong of [
    { ...written, v: 1 },
    { ...written, events: short },
  ])
    expect(() => decodeEvents(Buffer.from(JSON.stringify(wrong)))).toThrow('it is no message of events');
});

test('events that an earlier version saved on their way are declared, too', () => {
  const { proof: _, ...older } = use([identity('credential_id', 'a')]);
  expect(PendingUse.load({ use: older, orderTime: 1, late: false, id: 'one' }).use.proof).toBe(PROOF.earlierVersion);
  expect(PendingUse.load({ ...PENDING[0]?.save(), use: older, orderTime: 1, late: false, id: 'x' }).use.uses).toBe(1);
});

test('an open incident of an earlier version goes on as it was, and is proven as before', () => {
  const alerts: Alert[] = [];
  const start = () =>
    new Core(
      createRegistry([credential('a', { match: { credential_id: ['a'] }, scopes: ['GET /none'] })]),
      shippedDetectors(),
      (alert) => alerts.push(alert),
    );
  const first = start();
  const at = (time: number) => {
    const event = PendingUse.of(use([identity('credential_id', 'a')], { time }), time, false, `event-${time}`);
    return [event];
  };
  first.process(at(Date.UTC(2026, 8, 1)));
  const { attributor, incidents, usage, engine } = structuredClone(first.save());
  const { claims: _, ordinaryClaims: __, declared: ___, ...older } = engine;
  const open = incidents.open.map(({ alert: { attribution, ...alert }, young }) => {
    const { method, confidence } = attribution;
    return { young, alert: { ...alert, attribution: { method, confidence } } };
  });
  const second = start();
  second.load({ attributor, usage, engine: older, incidents: { ...incidents, open } });
  const { severity, id } = alerts.at(-1) as Alert;
  second.process(at(Date.UTC(2026, 8, 1, 1)));
  expect(second.incidents.openAlerts).toMatchObject([{ id, severity }]);
});

test('tokens and cost go over Kafka beside the rows, which an earlier version reads as before', () => {
  const spent = { inputTokens: 12, outputTokens: 3, cost: 0.5 };
  const [first, second] = PENDING;
  if (first === undefined || second === undefined) throw new Error('two events are needed');
  const costly = PendingUse.of({ ...second.use, spent }, 2, false, 'two');
  const text = encodeEvents({ ...message, events: [first, costly] });
  expect(decodeEvents(Buffer.from(text)).events.map(({ use: { spent: back } }) => back)).toEqual([undefined, spent]);
  const { events, ...rest } = JSON.parse(text);
  expect(events.map((row: unknown[]) => row.length)).toEqual([24, 24]);
  for (const wrong of [7, [[1, 2, 3]], [[0, 'x', 1, 1]]])
    expect(() => decodeEvents(Buffer.from(JSON.stringify({ ...rest, events, spent: wrong })))).toThrow('no message');
});
