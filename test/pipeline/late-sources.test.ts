import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { DAY, HOUR, MINUTE, MONDAY } from '../baselines/watched.ts';
import { autoOf, observed, SETTLE, scanned } from './late-run.ts';
import { DAYS, SOURCES, shown } from './late-world.ts';

/** One raw partition or several are away for minutes, hours or days. */

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

test.each([1, 50])(
  'where no more than %s events may wait, those beyond leave early, are counted, and the alerts are those of scan',
  (room) => {
    const from = MONDAY + 8 * DAY;
    const outages = [
      { source: 1, from, until: from + DAY },
      { source: 2, from: from + 6 * HOUR, until: from + DAY },
    ];
    const { alerts, overflow } = observed(outages, 5_000, SETTLE, room);
    expect(overflow).toBeGreaterThan(100);
    expect(shown(alerts)).toEqual(shown(EXPECTED));
    expect(observed(outages, 5_000, SETTLE, 1_000_000).overflow).toBe(0);
  },
);

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
  const inTime = agentsOf(observed([], 100).alerts);
  const late = agentsOf(observed([outage], 100).alerts);
  const ofSource = (id: string): boolean => id.startsWith('agent-1');
  expect([...inTime].some(ofSource)).toBe(true);
  expect([...late].filter(ofSource)).toEqual([]);
  expect([...late]).toEqual([...inTime].filter((id) => !ofSource(id)));
});

test.each([0, 1, 2])(
  'whichever shipper is away for a day, response does nothing that scan would not have led to',
  (source) => {
    const inScan = autoOf(EXPECTED).map(({ alert }) => alert);
    const from = MONDAY + 8 * DAY + 5 * HOUR;
    const { alerts, behind } = observed([{ source, from, until: from + DAY }], 100);
    expect(behind).toBeGreaterThan(0);
    const acted = autoOf(alerts).map(({ alert }) => alert);
    expect(acted.length).toBeGreaterThan(0);
    expect(inScan).toEqual(expect.arrayContaining(acted));
  },
);

/** Agents of which response would revoke something by itself. */
const agentsOf = (alerts: ReadonlyMap<string, Alert>): Set<string> =>
  new Set(
    autoOf(alerts)
      .map(({ agent }) => agent)
      .toSorted(),
  );
