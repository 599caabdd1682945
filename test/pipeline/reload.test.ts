import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { Core } from '../../src/pipeline/core.ts';
import { decodeEvents, type EventsMessage, encodeEvents } from '../../src/pipeline/kafka/events-message.ts';
import { PartitionDetector } from '../../src/pipeline/kafka/partition-detector.ts';
import { type OrderedUse, PendingUse } from '../../src/pipeline/ordered.ts';
import { credential, identity, use } from '../attribution/helpers.ts';
import { shippedDetectors } from '../quality/measure.ts';

const T0 = Date.UTC(2026, 10, 2);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const detectors = shippedDetectors();

/** A use an hour of working days, and on the last day what was never done before. */
const uses = (days: number, last = 'DELETE /v1/orders/{id}'): OrderedUse[] =>
  Array.from({ length: days }, (_, day) =>
    Array.from({ length: 9 }, (_, hour) => {
      const time = T0 + day * DAY + (8 + hour) * HOUR;
      const action = day === days - 1 && hour === 8 ? last : 'GET /v1/orders/{id}';
      return PendingUse.of(
        { ...use([identity('credential_id', 'a')], { time }), action },
        time,
        false,
        `${day} ${hour}`,
      );
    }),
  ).flat();

function coreOf(credentials = [credential('a')], with_ = detectors) {
  const alerts = new Map<string, Alert>();
  const core = new Core(createRegistry(credentials), with_, (alert) => alerts.set(alert.id, alert));
  return {
    core,
    said: () => [...alerts.values()].map(({ principal, severity, reason }) => ({ principal, severity, reason })),
  };
}

test('a reload of the same rules changes nothing, wherever it comes', () => {
  const all = uses(30);
  const whole = coreOf();
  whole.core.process(all);
  whole.core.decide(Number.POSITIVE_INFINITY);
  expect(whole.said().length).toBeGreaterThan(0);
  for (const at of [0, 1, 100, all.length - 1, all.length]) {
    const { core, said } = coreOf();
    core.process(all.slice(0, at));
    const next = core.reloaded(createRegistry([credential('a')]), detectors);
    next.process(all.slice(at));
    next.decide(Number.POSITIVE_INFINITY);
    expect(said()).toEqual(whole.said());
  }
});

test('what was learned stays, and what comes is judged by the new rules', () => {
  const all = uses(30);
  const { core, said } = coreOf([credential('a')], []);
  core.process(all.slice(0, -1));
  expect(said()).toEqual([]);
  const next = core.reloaded(createRegistry([credential('a')]), detectors);
  next.process(all.slice(-1));
  next.decide(Number.POSITIVE_INFINITY);
  expect(said()).toMatchObject([
    { principal: 'agent-a/api-key', reason: expect.stringContaining('DELETE /v1/orders/{id}') },
  ]);
});

test('a credential that is registered now has a name, and one that has left has none', () => {
  const { core, said } = coreOf([]);
  const [first, ...rest] = uses(2, 'GET /v1/orders/{id}');
  if (first === undefined) throw new Error('no use');
  core.process([first]);
  expect(said()).toMatchObject([{ principal: 'unregistered/credential_id:a' }]);
  const named = core.reloaded(createRegistry([credential('a')]), detectors);
  named.process(rest.slice(0, 3));
  expect(named.engine.baselines.find('agent-a/api-key')).toBeDefined();
  const gone = named.reloaded(createRegistry([]), detectors);
  gone.process(rest.slice(3));
  expect(said()).toHaveLength(1); // told already, for a year
});

const MESSAGE: EventsMessage = {
  ...{
    from: 'wayward.control/0',
    of: { gateway: 1 },
    watermark: null,
    high: null,
    live: true,
    events: [],
    closings: [],
  },
};

test('on Kafka the new registry knows what was done to credentials before', () => {
  const { core, said } = coreOf([credential('a')]);
  const detector = new PartitionDetector(core);
  detector.take({ ...MESSAGE, deeds: [{ credential: 'a', did: 'revoked', at: T0 }] });
  detector.reload(createRegistry([credential('a')]), detectors);
  const [late] = uses(1).slice(-1);
  if (late === undefined) throw new Error('no use');
  const events = [PendingUse.of(late.use, late.use.time, false, 'used')];
  detector.take({ ...MESSAGE, from: 'gateway/0', events, watermark: late.use.time + 1, high: late.use.time });
  expect(
    said()
      .map(({ reason }) => reason)
      .join(),
  ).toMatch(/revoked/);
});

test('an order to reload comes through as it was said, and what is none is foreign', () => {
  const reload = { hash: 'a'.repeat(64), by: 'ann', seq: 12 };
  expect(decodeEvents(Buffer.from(encodeEvents({ ...MESSAGE, reload }))).reload).toEqual(reload);
  expect(decodeEvents(Buffer.from(encodeEvents(MESSAGE))).reload).toBeUndefined();
  const bad = JSON.stringify({ ...JSON.parse(encodeEvents(MESSAGE)), reload: { hash: 1 } });
  expect(() => decodeEvents(Buffer.from(bad))).toThrow('no message of events');
});

test('a snapshot knows what was ordered last, so that whoever goes on can say that its files are others', () => {
  const reload = { hash: 'b'.repeat(64), by: 'ann', seq: 3 };
  const detector = new PartitionDetector(coreOf().core);
  detector.take({ ...MESSAGE, reload });
  detector.take(MESSAGE);
  const next = new PartitionDetector(coreOf().core);
  next.load(structuredClone(detector.save()), detector.core.save());
  expect(next.ordered).toEqual(reload);
  next.take({ ...MESSAGE, reload: { ...reload, seq: 4 } });
  expect(next.save().ordered?.seq).toBe(4);
});
