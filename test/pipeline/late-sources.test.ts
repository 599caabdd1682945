import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { decodeEvents, encodeEvents } from '../../src/pipeline/kafka/events-message.ts';
import { PartitionDetector } from '../../src/pipeline/kafka/partition-detector.ts';
import { inOrder, type PendingUse } from '../../src/pipeline/ordered.ts';
import { respondTo } from '../../src/response/responder.ts';
import { DAY, HOUR, MINUTE, MONDAY } from '../baselines/watched.ts';
import { credentialOf, responseOf } from '../response/response-of.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { coreOf, DAYS, END, EVENTS, registry, SOURCES, shown } from './late-world.ts';

/** One raw partition or several are away for minutes, hours or days. */

/** Nothing here calls it. */
const POSTGRES = { url: await secretOf('postgresql://nobody@127.0.0.1:1/none') };
/** Longer than what a source holds back when nothing is wrong. */
const SETTLE = 20 * MINUTE;
const DISORDER = 2 * MINUTE;
function scanned(): Map<string, Alert> {
  const alerts = new Map<string, Alert>();
  const core = coreOf(alerts);
  core.process(EVENTS.flat().sort(inOrder));
  return alerts;
}

interface Outage {
  readonly source: number;
  readonly from: number;
  readonly until: number;
}

/** As ingest and detection do it: every quarter of an hour each source that is there gives what it has, in messages of so many events. */
function observed(
  outages: readonly Outage[],
  most: number,
  settle = SETTLE,
): { alerts: Map<string, Alert>; behind: number } {
  const alerts = new Map<string, Alert>();
  const core = coreOf(alerts);
  const detector = new PartitionDetector(core);
  const at = SOURCES.map(() => 0);
  const watermarks = SOURCES.map(() => Number.NEGATIVE_INFINITY);
  const tell = (source: number, now: number, events: readonly PendingUse[], live: boolean): void => {
    const high = EVENTS[source]?.[(at[source] ?? 0) - 1]?.use.time ?? Number.NEGATIVE_INFINITY;
    const own = high - DISORDER;
    watermarks[source] = Math.max(watermarks[source] ?? own, own, live ? now - settle : own);
    const message = encodeEvents({
      from: SOURCES[source] ?? '',
      of: { gateway: SOURCES.length },
      watermark: finite(watermarks[source] ?? own),
      high: finite(high),
      live,
      own: { watermark: finite(own), readAt: now, settled: live ? now - settle : null },
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
  const settles = fc.constantFrom(SETTLE, 10 * MINUTE, 14 * MINUTE, 300);
  fc.assert(
    fc.property(
      fc.array(outage, { maxLength: 4 }),
      fc.constantFrom(7, 100, 5_000),
      settles,
      (outages, most, settle) => {
        const { alerts, behind } = observed(outages, most, settle);
        late += behind;
        expect(shown(alerts)).toEqual(shown(EXPECTED));
      },
    ),
    { numRuns: 12 },
  );
  expect(late).toBeGreaterThan(0);
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

test('a day of outage and its catch-up, with mode auto: response makes no step for what came late, and every other one', () => {
  const from = MONDAY + 7 * DAY;
  const outage = { source: 1, from, until: from + 2 * DAY };
  const inTime = autoOf(observed([], 100).alerts);
  const late = autoOf(observed([outage], 100).alerts);
  const ofSource = (id: string): boolean => id.startsWith('agent-1');
  expect([...inTime].some(ofSource)).toBe(true);
  expect([...late].filter(ofSource)).toEqual([]);
  expect([...late]).toEqual([...inTime].filter((id) => !ofSource(id)));
});

/** Agents of which response would revoke something by itself, whenever that is: only lateness can hold it back. */
function autoOf(alerts: ReadonlyMap<string, Alert>): Set<string> {
  const response = responseOf(
    { mode: 'auto', max_alert_age: '36500d', limits: { credentials: 1_000, peer_group_percent: 100 } },
    registry.credentials.map((credential) => credentialOf({ ...credential, revoke: credentialOf().revoke })),
    { postgres: POSTGRES },
  );
  const decided = [...alerts.values()].flatMap((alert) => respondTo(alert, response));
  response.store.close();
  return new Set(
    decided
      .filter(({ outcome }) => outcome === 'auto')
      .map(({ step }) => step.credential.agent)
      .toSorted(),
  );
}
