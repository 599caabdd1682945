import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import type { CredentialUse } from '../../src/event.ts';
import { Core } from '../../src/pipeline/core.ts';
import { decodeEvents, encodeEvents } from '../../src/pipeline/kafka/events-message.ts';
import { PartitionDetector } from '../../src/pipeline/kafka/partition-detector.ts';
import { partitioner } from '../../src/pipeline/kafka/partitions.ts';
import { inOrder, PendingUse } from '../../src/pipeline/ordered.ts';
import { routeOfAlert, routeOfEvent } from '../../src/pipeline/route.ts';
import { PROOF } from '../../src/proof.ts';
import { credential, identity, use } from '../attribution/helpers.ts';
import { shippedDetectors } from '../quality/measure.ts';

const T0 = Date.UTC(2026, 10, 2, 9);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 86_400_000;
const PARTITIONS = 5;
const AGENTS = Array.from({ length: 12 }, (_, at) => credential(`c${at}`, { peerGroup: `group-${at}` }));
const registry = () => createRegistry(AGENTS);
const detectors = shippedDetectors();

interface Claim {
  readonly time: number;
  readonly ip?: string | undefined;
  readonly fields?: Partial<CredentialUse>;
}

const eventsOf = (claims: readonly Claim[], name: string): PendingUse[] =>
  claims.map(({ time, ip, fields }, at) => {
    const event = {
      ...use([identity('credential_id', `c${at % 12}`)], { time, result: 'rejected' }),
      sourceIp: ip,
      ...fields,
    };
    return PendingUse.of(event, time, false, `${name}-${String(at).padStart(6, '0')}`);
  });

const shown = (alerts: ReadonlyMap<string, Alert>) =>
  [...alerts.values()].map(({ revision: _, ...alert }) => alert).sort((a, b) => (a.id < b.id ? -1 : 1));

function inOneProcess(logs: readonly (readonly Claim[])[]) {
  const alerts = new Map<string, Alert>();
  const core = new Core(registry(), detectors, (alert) => alerts.set(alert.id, alert));
  core.process(logs.flatMap((log, at) => eventsOf(log, `log-${at}`)).sort(inOrder));
  core.decide(Number.POSITIVE_INFINITY);
  return shown(alerts);
}

/** Each log as a raw partition of its own, read a hundred records at a time; each partition of events as a process of its own. */
function onKafka(logs: readonly (readonly Claim[])[]) {
  const alerts = new Map<string, Alert>();
  const partitionOf = partitioner(PARTITIONS);
  const known = registry();
  const parts = Array.from(
    { length: PARTITIONS },
    () => new PartitionDetector(new Core(registry(), detectors, (alert) => alerts.set(alert.id, alert))),
  );
  const used = new Set<number>();
  const rest = logs.map((log, at) => eventsOf(log, `log-${at}`));
  while (rest.some((events) => events.length > 0)) {
    for (const [at, events] of rest.entries()) {
      const read = events.splice(0, 100);
      const watermark = events[0]?.use.time ?? Number.MAX_SAFE_INTEGER;
      const common = { from: `log/${at}`, of: { log: logs.length }, watermark, high: read.at(-1)?.use.time ?? null };
      for (const [partition, detector] of parts.entries()) {
        const own = read.filter((event) => partitionOf(routeOfEvent(event.use, known) ?? '') === partition);
        if (own.length > 0) used.add(partition);
        detector.take(decodeEvents(Buffer.from(encodeEvents({ ...common, live: true, closings: [], events: own }))));
      }
    }
  }
  for (const { core } of parts) core.decide(Number.POSITIVE_INFINITY);
  return { alerts: shown(alerts), used };
}

const flood = (
  count: number,
  ip: (at: number) => string | undefined,
  from = T0,
  fields?: Partial<CredentialUse>,
): Claim[] =>
  Array.from({ length: count }, (_, at) => ({ time: from + at * SECOND, ip: ip(at), ...(fields && { fields }) }));

test('a flood that blames many agents, spread over logs and groups, is one alert about its network, as in one process', () => {
  const logs = Array.from({ length: 4 }, (_, log) => flood(60, (at) => `203.0.113.${at % 3}`, T0 + log));
  const { alerts, used } = onKafka(logs);
  expect(alerts).toMatchObject([
    { principal: 'source/203.0', severity: 'medium', credentials: [], related: { user: [] } },
  ]);
  expect(alerts).toEqual(inOneProcess(logs));
  expect(used.size).toBe(1);
});

test('several networks at once, one without an address and one of IPv6 among them, have an alert each', () => {
  const sources = ['203.0.113.1', '198.51.100.1', undefined, '2001:db8::1', '192.0.2.7'];
  const logs = sources.map((ip, log) => flood(150, () => ip, T0 + log));
  const { alerts, used } = onKafka(logs);
  expect(alerts.map(({ principal }) => principal).toSorted()).toEqual(
    ['source/192.0', 'source/198.51', 'source/2001:db8', 'source/203.0', 'source/local'].toSorted(),
  );
  expect(alerts).toEqual(inOneProcess(logs));
  expect(used.size).toBeGreaterThan(1);
});

test('in a log that proves nothing, many are more than any of its networks has shown', () => {
  const claim = { result: 'success', proof: PROOF.request } as const;
  const usual = Array.from({ length: 3 }, (_, day) =>
    flood(250, (at) => (at % 2 ? '10.1.0.1' : '10.2.0.1'), T0 + day * DAY, claim),
  ).flat();
  const burst = Array.from({ length: 2_000 }, (_, at) => ({
    time: T0 + 3 * DAY + at * 100,
    ip: '10.9.0.1',
    fields: claim,
  }));
  const { alerts, used } = onKafka([[...usual, ...burst]]);
  expect(alerts).toMatchObject([{ principal: 'source/10.9' }]);
  expect(alerts).toEqual(inOneProcess([[...usual, ...burst]]));
  expect(used.size).toBe(1);
});

test('one log that proves nothing says nothing of what is usual in another', () => {
  const ofLog = (dataset: string) => ({ dataset, result: 'success', proof: PROOF.request }) as const;
  const busy = Array.from({ length: 6 }, (_, window) =>
    Array.from({ length: 2_500 }, (__, at) => ({
      ...{ time: T0 + window * 5 * MINUTE + at * 100, ip: '10.1.0.1', fields: ofLog('busy.access') },
    })),
  ).flat();
  const quiet = Array.from({ length: 3 }, (_, day) =>
    flood(40, () => '10.2.0.1', T0 + day * DAY, ofLog('quiet.access')),
  ).flat();
  const burst = flood(280, () => '10.3.0.1', T0 + 3 * DAY, ofLog('quiet.access'));
  const logs = [busy, [...quiet, ...burst]];
  expect(inOneProcess(logs).map(({ principal }) => principal)).toEqual(['source/10.3']);
  expect(onKafka(logs).alerts).toEqual(inOneProcess(logs));
});

test('few failures, and requests that name nobody, are no alert anywhere, and the latter go nowhere', () => {
  const few = [flood(60, () => '203.0.113.1'), flood(30, () => '203.0.113.1', T0 + 1)];
  const anonymous = flood(500, () => '198.51.100.1', T0, {
    result: 'success',
    proof: PROOF.beforeAuthentication,
    identities: [],
  });
  expect(onKafka([...few, anonymous]).alerts).toEqual([]);
  expect(inOneProcess([...few, anonymous])).toEqual([]);
  const [nobody] = eventsOf(anonymous, 'nobody');
  expect(nobody && routeOfEvent(nobody.use, registry())).toBeUndefined();
});

test('a verdict on an alert about a source goes to every partition, one about an agent where its group is', () => {
  expect(routeOfAlert('source/203.0', undefined)).toBeUndefined();
  expect(routeOfAlert('agent/slot', 'group')).toBe('group');
  expect(routeOfAlert('unregistered/db_user:x', undefined)).toBe('unregistered');
});

test('what an earlier version knew of all logs that prove nothing is where each of them begins', () => {
  const claim = { result: 'success', proof: PROOF.request } as const;
  const make = (said: Alert[]) => new Core(registry(), detectors, (alert) => said.push(alert));
  const before = make([]);
  before.process(
    eventsOf(
      flood(250, () => '10.1.0.1', T0, claim),
      'a',
    ).sort(inOrder),
  );
  before.process(
    eventsOf(
      flood(1, () => '10.1.0.1', T0 + DAY, claim),
      'b',
    ),
  );
  const saved = before.save();
  const [[, all] = []] = saved.engine.ordinaryClaimsOfLogs ?? [];
  if (all === undefined) throw new Error('nothing was saved');
  const { ordinaryClaimsOfLogs: _, ...engine } = saved.engine;
  const said: Alert[] = [];
  const after = make(said);
  after.load({ ...saved, engine: { ...engine, ordinaryClaims: all } });
  after.process(
    eventsOf(
      flood(150, () => '10.2.0.1', T0 + 2 * DAY, claim),
      'c',
    ).sort(inOrder),
  );
  expect(said).toEqual([]);
  after.process(
    eventsOf(
      Array.from({ length: 2_000 }, (_, at) => ({ time: T0 + 3 * DAY + at * 100, ip: '10.2.0.1', fields: claim })),
      'd',
    ).sort(inOrder),
  );
  expect(said.at(-1)).toMatchObject({ principal: 'source/10.2' });
});
