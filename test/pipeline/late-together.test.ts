import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { decodeEvents, encodeEvents } from '../../src/pipeline/kafka/events-message.ts';
import { PartitionDetector } from '../../src/pipeline/kafka/partition-detector.ts';
import { inOrder, type PendingUse } from '../../src/pipeline/ordered.ts';
import { DAY, HOUR, MINUTE, MONDAY } from '../baselines/watched.ts';
import { autoOf, scanned } from './late-run.ts';
import { coreOf, END, EVENTS, shown } from './late-world.ts';

/** The records of one agent come through several partitions, and those were away together. */

const SETTLE = 300;
const DISORDER = 2 * MINUTE;
/** Wall clock between two messages of a partition that has more to read. */
const READ_EVERY = 100;

/** All that the agents do, dealt out: each of them comes through every partition. */
const dealt = (count: number): PendingUse[][] =>
  Array.from({ length: count }, (_, partition) =>
    EVENTS.flat()
      .sort(inOrder)
      .filter((_event, at) => at % count === partition),
  );

interface Late {
  readonly partitions: readonly (readonly PendingUse[])[];
  /** When they stop and when they are back. */
  readonly from: number;
  readonly until: number;
  /** Events of each in one message. */
  readonly most: readonly number[];
  /** Saves and goes on in another process after each so many messages. */
  readonly restartEvery?: number;
}

/** In time until `from`, then away until `until`, then read side by side; a last partition has nothing, and is always in time. */
function observed({ partitions, from, until, most, restartEvery }: Late) {
  let alerts = new Map<string, Alert>();
  let core = coreOf(alerts);
  let detector = new PartitionDetector(core);
  const at = partitions.map(() => 0);
  const told = new Map<string, number>();
  let messages = 0;
  const tell = (name: string, now: number, events: readonly PendingUse[], own: number, isLive: boolean): void => {
    const watermark = Math.max(told.get(name) ?? own, own, isLive ? now - SETTLE : own);
    told.set(name, watermark);
    const message = encodeEvents({
      ...{ from: name, of: { gateway: partitions.length + 1 }, high: finite(own + DISORDER), live: isLive, events },
      watermark: finite(watermark),
      own: { watermark: finite(own), readAt: now, settled: isLive ? now - SETTLE : null },
      closings: [],
    });
    detector.take(decodeEvents(Buffer.from(message)));
    messages++;
    if (restartEvery === undefined || messages % restartEvery > 0) return;
    const saved = structuredClone({ detector: detector.save(), core: core.save() });
    alerts = new Map(alerts);
    core = coreOf(alerts);
    detector = new PartitionDetector(core);
    detector.load(saved.detector, saved.core);
  };
  const step = (now: number): boolean => {
    let hasMore = false;
    for (const [partition, events] of partitions.entries()) {
      if (now >= from && now < until) {
        tell(`gateway/${partition}`, now, [], ownOf(events, at[partition] ?? 0), true);
        continue;
      }
      const begin = at[partition] ?? 0;
      let end = begin;
      while (end - begin < (most[partition] ?? 100) && (events[end]?.use.time ?? Number.POSITIVE_INFINITY) < now) end++;
      at[partition] = end;
      const isAtEnd = (events[end]?.use.time ?? Number.POSITIVE_INFINITY) >= now;
      if (!isAtEnd) hasMore = true;
      tell(`gateway/${partition}`, now, events.slice(begin, end), ownOf(events, end), isAtEnd);
    }
    tell(`gateway/${partitions.length}`, now, [], Number.NEGATIVE_INFINITY, true);
    return hasMore;
  };
  let now = MONDAY;
  while (now <= END + DAY) {
    // Between two quarters of an hour all is read, and settles; what comes late has others to wait for.
    const looks = now >= until && now < until + HOUR ? 40 : 5;
    for (let more = 0; more < looks; more++) {
      if (step(now)) more = 0;
      now += READ_EVERY;
    }
    now += 15 * MINUTE;
  }
  return { alerts, late: core.engine.counts.late, ...detector.disordered };
}

const ownOf = (events: readonly PendingUse[], end: number): number =>
  (events[end - 1]?.use.time ?? Number.NEGATIVE_INFINITY) - DISORDER;
const finite = (time: number): number | null => (Number.isFinite(time) ? time : null);

const EXPECTED = scanned();

const from = MONDAY + 8 * DAY;
const until = from + 30 * HOUR;

test.each([
  ['read at one pace', [50, 50, 50]],
  ['one of them in great pieces', [50, 400, 50]],
  ['one of them slowly', [5, 200, 200]],
])('an agent that comes through three partitions which were away together gives the alerts of scan: %s', (_, most) => {
  const { alerts, late, behind } = observed({ partitions: dealt(3), from, until, most });
  expect(behind).toBeGreaterThan(500); // else it was no test
  expect(late).toBe(0);
  expect(shown(alerts)).toEqual(shown(EXPECTED));
  const inScan = autoOf(EXPECTED).map(({ alert }) => alert);
  const acted = autoOf(alerts).map(({ alert }) => alert);
  expect(acted.length).toBeLessThan(inScan.length);
  expect(inScan).toEqual(expect.arrayContaining(acted));
});

test('a restart between any two messages changes nothing of it', () => {
  const { alerts, late } = observed({ partitions: dealt(2), from, until, most: [20, 60], restartEvery: 61 });
  expect(late).toBe(0);
  expect(shown(alerts)).toEqual(shown(EXPECTED));
});
