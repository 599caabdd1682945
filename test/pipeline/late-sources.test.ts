import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { type CredentialUse, NOTHING_ELSE } from '../../src/event.ts';
import { Core } from '../../src/pipeline/core.ts';
import { decodeEvents, encodeEvents } from '../../src/pipeline/kafka/events-message.ts';
import { PartitionDetector } from '../../src/pipeline/kafka/partition-detector.ts';
import { inOrder, PendingUse } from '../../src/pipeline/ordered.ts';
import { PROOF } from '../../src/proof.ts';
import { integer, seeded } from '../../src/simulate/random.ts';
import { agent, DAY, HOUR, MINUTE, MONDAY } from '../baselines/watched.ts';
import { shippedDetectors } from '../quality/measure.ts';

/** Three raw partitions, two agents in each; one partition or several are away for minutes, hours or days. */

const SOURCES = ['gateway/0', 'gateway/1', 'gateway/2'];
const DAYS = 12;
const END = MONDAY + DAYS * DAY;
/** Longer than what a source holds back when nothing is wrong. */
const SETTLE = 20 * MINUTE;
const DISORDER = 2 * MINUTE;
const names = SOURCES.flatMap((_, at) => [`agent-${at}a`, `agent-${at}b`]);
const detectors = shippedDetectors();
const registry = createRegistry(names.map((name) => agent(name)));

const useOf = (name: string, time: number, fields: Partial<CredentialUse> = {}): CredentialUse => ({
  ...NOTHING_ELSE,
  time,
  format: 'test',
  dataset: 'test.access',
  action: 'GET /v1/orders/{id}',
  result: 'success',
  proof: PROOF.keyMap,
  identities: [{ key: 'credential_id', value: name }],
  sourceIp: '10.4.1.7',
  client: 'agent/1.0',
  bytes: 500,
  ...fields,
});

/** What the agents of one source do, in order: work by day, and now and then what is not theirs to do. Times are whole seconds. */
function eventsOf(source: number): PendingUse[] {
  const random = seeded(`late ${source}`);
  const uses: CredentialUse[] = [];
  for (const name of [`agent-${source}a`, `agent-${source}b`])
    for (let day = 0; day < DAYS; day++) {
      const morning = MONDAY + day * DAY + 9 * HOUR;
      for (let count = 0; count < 25; count++) uses.push(useOf(name, morning + 1_000 * integer(random, 0, 8 * 3_600)));
      if (day < 7 || (day + source) % 2 === 0) continue;
      const at = morning + integer(random, 0, 6) * HOUR;
      for (let count = 0; count < 400; count++) uses.push(useOf(name, at + 1_000 * Math.floor(count / 40)));
      uses.push(useOf(name, at + HOUR, { action: 'DROP TABLE public.orders' }));
      uses.push(useOf(name, at + 1.5 * HOUR, { sourceIp: '203.0.113.9', client: 'curl/8' }));
      for (let count = 0; count < 30; count++) uses.push(useOf(name, at - 7 * HOUR + count * MINUTE));
    }
  return uses
    .map((use, at) => PendingUse.of(use, use.time, false, `event-${source}-${String(at * 7919).padStart(12, '0')}`))
    .sort(inOrder);
}

const EVENTS = SOURCES.map((_, source) => eventsOf(source));

const coreOf = (alerts: Map<string, Alert>): Core =>
  new Core(registry, detectors, (alert) => alerts.set(alert.id, alert));

/** What does not depend on when the records came. */
const shown = (alerts: ReadonlyMap<string, Alert>): unknown[] =>
  [...alerts.values()]
    .map(({ revision, lateMs, severityHistory, findings, ...rest }) => ({
      ...rest,
      severityHistory: severityHistory.map(({ severity, at }) => ({ severity, at })),
      findings: findings.map(({ lateMs: late, ...finding }) => finding),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

function scanned(): Map<string, Alert> {
  const alerts = new Map<string, Alert>();
  const core = coreOf(alerts);
  core.process(EVENTS.flat().sort(inOrder));
  core.advance(END + DAY);
  return alerts;
}

interface Outage {
  readonly source: number;
  readonly from: number;
  readonly until: number;
}

/** As ingest and detection do it: every quarter of an hour each source that is there gives what it has, in messages of so many events. */
function observed(outages: readonly Outage[], most: number): { alerts: Map<string, Alert>; behind: number } {
  const alerts = new Map<string, Alert>();
  const core = coreOf(alerts);
  const detector = new PartitionDetector(core);
  const at = SOURCES.map(() => 0);
  const watermarks = SOURCES.map(() => Number.NEGATIVE_INFINITY);
  const tell = (source: number, now: number, events: readonly PendingUse[], live: boolean): void => {
    const high = EVENTS[source]?.[(at[source] ?? 0) - 1]?.use.time ?? Number.NEGATIVE_INFINITY;
    const own = high - DISORDER;
    watermarks[source] = Math.max(watermarks[source] ?? own, own, live ? now - SETTLE : own);
    const message = encodeEvents({
      from: SOURCES[source] ?? '',
      of: { gateway: SOURCES.length },
      watermark: finite(watermarks[source] ?? own),
      high: finite(high),
      live,
      own: { watermark: finite(own), readAt: now, settled: live ? now - SETTLE : null },
      events,
      closings: [],
    });
    detector.take(decodeEvents(Buffer.from(message)));
  };
  for (let now = MONDAY; now <= END + 3 * DAY; now += 15 * MINUTE)
    for (const [source, events] of EVENTS.entries()) {
      const isAway = outages.some((outage) => outage.source === source && now >= outage.from && now < outage.until);
      const begin = at[source] ?? 0;
      let end = begin;
      while (!isAway && (events[end]?.use.time ?? Number.POSITIVE_INFINITY) < now) end++;
      for (let from = begin; from < end; from += most) {
        at[source] = Math.min(end, from + most);
        tell(source, now, events.slice(from, at[source]), at[source] === end);
      }
      tell(source, now + 1_000, [], true);
    }
  return { alerts, behind: detector.disordered.behind };
}

const finite = (time: number): number | null => (Number.isFinite(time) ? time : null);

const EXPECTED = scanned();

const outage = fc
  .record({
    source: fc.nat(SOURCES.length - 1),
    from: fc.integer({ min: 0, max: DAYS * 96 }),
    length: fc.constantFrom(1, 2, 4, 12, 48, 96, 200),
  })
  .map(({ source, from, length }) => ({
    source,
    from: MONDAY + from * 15 * MINUTE,
    until: MONDAY + (from + length) * 15 * MINUTE,
  }));

test('scan finds bursts, new actions, foreign networks and unusual hours in it', () => {
  const kinds = new Set([...EXPECTED.values()].flatMap(({ findings }) => findings.map(({ detector }) => detector)));
  expect([...kinds]).toEqual(expect.arrayContaining(['request-burst', 'new-action', 'new-source', 'unusual-time']));
  expect(EXPECTED.size).toBeGreaterThan(12);
});

test('however long whole sources are away, the alerts are those of scan, at the time of what happened', () => {
  let late = 0;
  fc.assert(
    fc.property(fc.array(outage, { minLength: 1, maxLength: 4 }), fc.constantFrom(7, 100, 5_000), (outages, most) => {
      const { alerts, behind } = observed(outages, most);
      late += behind;
      expect(shown(alerts)).toEqual(shown(EXPECTED));
    }),
    { numRuns: 25, seed: 13 },
  );
  expect(late).toBeGreaterThan(1_000);
});

test('alerts that rest on late records say how late they came, the others say nothing', () => {
  const from = MONDAY + 8 * DAY + 6 * HOUR;
  const { alerts } = observed([{ source: 1, from, until: from + 12 * HOUR }], 100);
  const late = [...alerts.values()].filter(({ lateMs }) => lateMs !== undefined);
  expect(late.length).toBeGreaterThan(0);
  for (const { agent: who, severity, lateMs, openedAt } of late) {
    expect(who).toMatch(/^agent-1/);
    expect(openedAt).toBeGreaterThanOrEqual(from);
    expect(lateMs?.[severity]).toBeLessThanOrEqual(12 * HOUR + 15 * MINUTE);
  }
});
