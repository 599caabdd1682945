import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { AgentsBySource } from '../../src/baselines/agents-by-source.ts';
import { Core } from '../../src/pipeline/core.ts';
import { decodeEvents, encodeEvents } from '../../src/pipeline/kafka/events-message.ts';
import { PartitionDetector } from '../../src/pipeline/kafka/partition-detector.ts';
import { partitioner } from '../../src/pipeline/kafka/partitions.ts';
import { Sightings } from '../../src/pipeline/kafka/sightings.ts';
import { inOrder, PendingUse } from '../../src/pipeline/ordered.ts';
import { routeOfEvent } from '../../src/pipeline/route.ts';
import { seeded } from '../../src/simulate/random.ts';
import { credential, identity, use } from '../attribution/helpers.ts';
import { shippedDetectors } from '../quality/measure.ts';

const T0 = Date.UTC(2026, 10, 2);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const PARTITIONS = 5;
const THIEF = '203.0.113.9';
const IDS = Array.from({ length: 12 }, (_, at) => `a${at}`);
const registry = () => createRegistry(IDS.map((id, at) => credential(id, { peerGroup: `group-${at % 6}` })));
const detectors = shippedDetectors();

interface Used {
  readonly who: string;
  readonly time: number;
  readonly ip: string;
}

/** Each agent every hour of so many days, from the network of its group, at one of three addresses. */
function ordinary(days: number, seed = 'many-agents'): Used[] {
  const random = seeded(seed);
  return IDS.flatMap((who, at) =>
    Array.from({ length: days * 24 }, (_, hour) => ({
      who,
      time: T0 + hour * HOUR + Math.floor(random() * HOUR),
      ip: `10.${at % 6}.0.${1 + Math.floor(random() * 3)}`,
    })),
  );
}

const eventsOf = (uses: readonly Used[]): PendingUse[] =>
  uses
    .map(({ who, time, ip }) =>
      PendingUse.of(
        { ...use([identity('credential_id', who)], { time }), sourceIp: ip },
        time,
        false,
        `${time} ${who} ${ip}`,
      ),
    )
    .sort(inOrder);

const shown = (alerts: ReadonlyMap<string, Alert>): Alert[] =>
  [...alerts.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ revision: _, severityHistory: __, ...alert }) => alert as Alert);

const aboutSources = (alerts: readonly Alert[]) => alerts.filter(({ principal }) => principal.startsWith('source/'));

function inOneProcess(uses: readonly Used[]): Alert[] {
  const alerts = new Map<string, Alert>();
  const core = new Core(registry(), detectors, (alert) => alerts.set(alert.id, alert));
  core.process(eventsOf(uses));
  core.decide(Number.POSITIVE_INFINITY);
  return shown(alerts);
}

/** Each agent's log is a raw partition of its own; readers forget what they have said whenever `dies` says so. */
function onKafka(uses: readonly Used[], size = 50, dies: () => boolean = () => false): Alert[] {
  const alerts = new Map<string, Alert>();
  const partitionOf = partitioner(PARTITIONS);
  const known = registry();
  const make = () => new PartitionDetector(new Core(registry(), detectors, (alert) => alerts.set(alert.id, alert)));
  let parts = Array.from({ length: PARTITIONS }, make);
  const logs = IDS.map((id) => ({
    events: eventsOf(uses.filter(({ who }) => who === id)),
    sightings: new Sightings(),
  }));
  while (logs.some(({ events }) => events.length > 0)) {
    for (const [at, log] of logs.entries()) {
      if (dies()) log.sightings = new Sightings();
      const read = log.events.splice(0, size);
      const watermark = log.events[0]?.use.time ?? Number.MAX_SAFE_INTEGER;
      const common = {
        ...{ from: `log/${at}`, of: { log: logs.length }, watermark, high: read.at(-1)?.use.time ?? null, live: true },
        ...(read[0] !== undefined && { low: read[0].use.time }),
      };
      const own = Array.from({ length: PARTITIONS }, (): PendingUse[] => []);
      for (const event of read) {
        own[partitionOf(routeOfEvent(event.use, known) ?? '')]?.push(event);
        const sighting = log.sightings.of(event, known);
        if (sighting !== undefined) own[partitionOf(sighting.route)]?.push(sighting.event);
      }
      for (const [partition, detector] of parts.entries())
        detector.take(
          decodeEvents(Buffer.from(encodeEvents({ ...common, closings: [], events: own[partition] ?? [] }))),
        );
    }
    if (dies())
      parts = parts.map((detector) => {
        const saved = structuredClone({ detector: detector.save(), core: detector.core.save() });
        const next = make();
        next.load(saved.detector, saved.core);
        return next;
      });
  }
  for (const { core } of parts) core.decide(Number.POSITIVE_INFINITY);
  return shown(alerts);
}

const theft = (...who: string[]): Used[] =>
  who.flatMap((id, at) =>
    Array.from({ length: 5 }, (_, times) => ({
      who: id,
      time: T0 + 10 * DAY + at * 20 * MINUTE + times * MINUTE,
      ip: THIEF,
    })),
  );

test('one address with the credentials of several agents is one alert about its network, in the campaign of each agent', () => {
  const uses = [...ordinary(12), ...theft('a0', 'a1', 'a2')];
  const alerts = inOneProcess(uses);
  const [about, ...others] = aboutSources(alerts);
  expect(others).toEqual([]);
  expect(about).toMatchObject({
    ...{ principal: 'source/203.0', severity: 'low', credentials: [], openedAt: T0 + 10 * DAY + 20 * MINUTE },
    reason:
      '203.0.113.9 uses the credentials of 2 agents (agent-a0, agent-a1), none of which was used from network 203.0 before today',
  });
  expect(about).not.toHaveProperty('agent');
  const ids = alerts.filter(({ agent }) => agent !== undefined).map(({ agent, campaign }) => [agent, campaign]);
  expect(ids.toSorted()).toEqual(['agent-a0', 'agent-a1', 'agent-a2'].map((agent) => [agent, about?.campaign]));
});

test('the same on Kafka, wherever readers and detectors die and however much is read at a time', () => {
  const uses = [...ordinary(12), ...theft('a0', 'a1', 'a2', 'a7')];
  const whole = inOneProcess(uses);
  expect(aboutSources(whole)).toHaveLength(1);
  for (const size of [1, 50, 1_000]) expect(onKafka(uses, size)).toEqual(whole);
  const random = seeded('dies');
  expect(onKafka(uses, 20, () => random() < 0.1)).toEqual(whole);
});

test('a partition that has seen no other source yet knows as well how long the stream is known', () => {
  expect(onKafka([...ordinary(2), ...theft('a0', 'a1').map((one) => ({ ...one, time: one.time - 9 * DAY }))])).toEqual(
    inOneProcess([...ordinary(2), ...theft('a0', 'a1').map((one) => ({ ...one, time: one.time - 9 * DAY }))]),
  );
  const uses = [...ordinary(12), ...theft('a3', 'a4')];
  expect(aboutSources(onKafka(uses))).toHaveLength(1);
});

test.each<[string, () => Used[]]>([
  ['agents that work where they always have', () => []],
  [
    'one agent from many addresses',
    () => [THIEF, '203.0.113.10', '198.51.100.1'].map((ip, at) => ({ who: 'a0', time: T0 + 10 * DAY + at * HOUR, ip })),
  ],
  ['agents of one group that move together', () => theft('a0', 'a6')],
  [
    'several agents at addresses of their own',
    () => theft('a0', 'a1').map((one, at) => ({ ...one, ip: `203.0.113.${at < 5 ? 1 : 2}` })),
  ],
  [
    'the second agent two days after the first',
    () => [...theft('a0'), ...theft('a1').map((one) => ({ ...one, time: one.time + 2 * DAY - HOUR }))],
  ],
])('no alert about a source: %s', (_name, more) => {
  const uses = [...ordinary(13), ...more()];
  expect(aboutSources(inOneProcess(uses))).toEqual([]);
  expect(aboutSources(onKafka(uses))).toEqual([]);
});

const news = (agents: AgentsBySource, source: string, who: string, time: number) =>
  agents.note('10.1', source, who, `group of ${who}`, time)?.agents;

test('newcomers where as many were before are no news', () => {
  const agents = new AgentsBySource();
  agents.began(T0);
  for (const who of ['a', 'b']) news(agents, 'gateway', who, T0);
  expect(['c', 'd'].map((who) => news(agents, 'gateway', who, T0 + 5 * DAY))).toEqual([undefined, undefined]);
  expect(news(agents, 'gateway', 'e', T0 + 5 * DAY)).toEqual(['c', 'd', 'e']);
});

test('whoever is told more often, or of later uses first, knows the same', () => {
  const uses = fc.array(
    fc.record({ who: fc.constantFrom('a', 'b', 'c'), source: fc.constantFrom('x', 'y'), day: fc.nat(9) }),
    { minLength: 5 },
  );
  fc.assert(
    fc.property(uses, fc.infiniteStream(fc.boolean()), (all, again) => {
      const [once, often] = [new AgentsBySource(), new AgentsBySource()];
      const inTime = all.toSorted((a, b) => a.day - b.day);
      for (const { who, source, day } of inTime) {
        const first = news(once, source, who, T0 + day * DAY);
        expect(news(often, source, who, T0 + day * DAY)).toEqual(first);
        if (again.next().value) expect(news(often, source, who, T0 + day * DAY + HOUR)).toBeUndefined();
      }
      expect(often.save()).toEqual(once.save());
    }),
    { numRuns: 100 },
  );
});

test('what is known is bounded, and comes back from a snapshot', () => {
  const agents = new AgentsBySource();
  agents.began(T0);
  for (let at = 0; at < 30_000; at++) agents.note(`net-${at % 3_000}`, `source-${at}`, `agent-${at}`, 'g', T0 + at);
  const saved = structuredClone(agents.save());
  const count = saved.networks.reduce((sum, [, members]) => sum + members.length, 0);
  expect(count).toBeGreaterThan(9_000);
  expect(count).toBeLessThanOrEqual(10_000);
  const next = new AgentsBySource();
  next.load(saved);
  expect(next.save()).toEqual(saved);
});
