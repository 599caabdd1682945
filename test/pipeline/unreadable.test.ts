import { beforeAll, describe, expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { routeOf } from '../../src/attribution/route.ts';
import { formatById } from '../../src/formats/registry.ts';
import { Core } from '../../src/pipeline/core.ts';
import { decodeEvents, encodeEvents } from '../../src/pipeline/kafka/events-message.ts';
import { PartitionDetector } from '../../src/pipeline/kafka/partition-detector.ts';
import { partitioner } from '../../src/pipeline/kafka/partitions.ts';
import { Lane, type LaneOptions } from '../../src/pipeline/lane.ts';
import { Merge } from '../../src/pipeline/merge.ts';
import type { PendingUse } from '../../src/pipeline/ordered.ts';
import { renderLog } from '../../src/simulate/line.ts';
import { seeded } from '../../src/simulate/random.ts';
import { pgauditJson } from '../../src/simulate/render-pgaudit.ts';
import { sql } from '../../src/simulate/use.ts';
import { historyOf, type Victim } from '../attacks/victim.ts';
import { MONDAY } from '../baselines/watched.ts';
import { redactor } from '../formats/records.ts';
import { registryOf, shippedDetectors } from '../quality/measure.ts';
import { BytesSource } from './lines.ts';
import { withCut, withGarbled, withRaised } from './unreadable-lines.ts';

const FILE = 'appdb/0';
const NOW = MONDAY + 21 * 86_400_000;
const registry = registryOf(
  'credentials:\n  - { id: cred-billing, agent: billing, slot: postgres, kind: database-role, owner: a@example.com, match: { db_user: billing } }\n',
);
const detectors = shippedDetectors();
const options: LaneOptions = {
  format: formatById('pgaudit-json'),
  detect: () => undefined,
  formatById,
  context: { redactor },
  tellsReading: true,
};

let ordinary: readonly string[];

beforeAll(() => {
  const uses = historyOf(
    { identity: 'billing' } as Victim,
    {
      templates: [sql('public.invoices', 'SELECT total FROM invoices WHERE id = $1', 1)],
      ip: '10.4.1.7',
      client: 'billing/1',
    },
    NOW,
  );
  ordinary = renderLog(uses, pgauditJson(seeded('unreadable')));
});

const source = (lines: readonly string[], chunk?: number): BytesSource =>
  new BytesSource(FILE, lines.map((line) => `${line}\n`).join(''), chunk);

/** As `scan` says them. */
async function scanned(lines: readonly string[], more: Partial<LaneOptions> = {}, chunk?: number): Promise<Alert[]> {
  const alerts = new Map<string, Alert>();
  const core = new Core(registry, detectors, (alert) => alerts.set(alert.id, alert));
  for await (const batch of new Merge([new Lane(source(lines, chunk), { ...options, ...more })]).batches())
    core.process(batch);
  return inOrder(alerts);
}

const inOrder = (alerts: ReadonlyMap<string, Alert>): Alert[] =>
  [...alerts.values()].sort((a, b) => (a.id < b.id ? -1 : 1));

const PARTITIONS = 4;

/** As the roles on Kafka say them: each events partition gets what is routed to it, in messages of one read each. */
async function onKafka(lines: readonly string[], chunk: number): Promise<Alert[]> {
  const alerts = new Map<string, Alert>();
  const partitionOf = partitioner(PARTITIONS);
  const parts = Array.from(
    { length: PARTITIONS },
    () => new PartitionDetector(new Core(registry, detectors, (alert) => alerts.set(alert.id, alert))),
  );
  const lane = new Lane(source(lines, chunk), options);
  while (lane.state !== 'ended') {
    const events: PendingUse[] = [];
    await lane.read(chunk, events, undefined);
    const common = {
      from: FILE,
      of: { appdb: 1 },
      watermark: finite(lane.watermark),
      high: finite(lane.high),
      live: true,
    };
    for (const [partition, detector] of parts.entries()) {
      const own = events.filter(({ use }) => partitionOf(routeOf(use, registry) ?? 'nobody') === partition);
      const message = encodeEvents({ ...common, closings: [], events: own });
      detector.take(decodeEvents(Buffer.from(message)));
    }
  }
  return inOrder(alerts);
}

const finite = (time: number): number | null =>
  Number.isFinite(time) ? time : time > 0 ? Number.MAX_SAFE_INTEGER : null;
const brief = (alerts: readonly Alert[]): unknown[] => alerts.map(({ principal, severity }) => [principal, severity]);

describe('what could not be read', () => {
  test('is an alert about the log, and about the agent only where the server wrote it of its session', async () => {
    expect(await scanned(ordinary)).toEqual([]);
    expect(brief(await scanned(withCut(ordinary)))).toEqual([['source/postgresql.audit', 'medium']]);
    expect(brief(await scanned(withRaised(ordinary)))).toEqual([['source/postgresql.audit', 'medium']]);
    const [own] = await scanned(withGarbled(ordinary));
    expect(own).toMatchObject({ agent: 'billing', severity: 'medium', declaredOnly: ['cred-billing'] });
    expect(own).not.toHaveProperty('provenSeverity');
    expect(own?.reason).toBe(
      '3 records of postgresql.audit within 1 hour could not be used (invalid-audit), never before',
    );
  });

  test('is told of a log whose lines prove nothing, with whom they claim to be of', async () => {
    const forged = ordinary.slice(0, 3).map((line) => {
      const record = {
        ...JSON.parse(ordinary.at(-1) ?? line),
        message: 'AUDIT: SESSION,x',
        session_id: '1.1',
        user: 'billing',
      };
      return JSON.stringify({ ...record, ps: 'authentication' });
    });
    const [alert, ...more] = await scanned([...ordinary, ...forged]);
    expect(more).toEqual([]);
    expect(alert).toMatchObject({ principal: 'source/postgresql.audit', credentials: [], related: { user: [] } });
    expect(alert).not.toHaveProperty('agent');
    expect(alert?.reason).toMatch(/never before; the last one claims to be of db_user billing$/);
  });

  test('is the same however it is read, and on Kafka', async () => {
    const lines = withCut(withRaised(withGarbled(ordinary)));
    const whole = await scanned(lines);
    expect(brief(whole).toSorted()).toEqual([
      ['billing/postgres', 'medium'],
      ['source/postgresql.audit', 'medium'],
    ]);
    for (const chunk of [700, 60_000]) {
      expect(await scanned(lines, {}, chunk)).toEqual(whole);
      expect(await onKafka(lines, chunk)).toEqual(whole);
    }
  });

  test('is told from what came before the first event, and at times that happened', async () => {
    const bogus = (ordinary.at(-1) ?? '').replace(/"timestamp":"2026/, '"timestamp":"2098');
    const cut = withCut(ordinary).filter((line) => line.length < 30);
    const more = Array.from({ length: 5 }, () => cut).flat();
    const lines = [...cut, ...ordinary.slice(0, -200), bogus, ...more, ...ordinary.slice(-200)];
    const alerts = await scanned(lines);
    expect(brief(alerts)).toEqual([['source/postgresql.audit', 'medium']]);
    expect(alerts[0]?.findings).toMatchObject([{ observed: 16, expected: 4 }]);
    expect(alerts[0]?.openedAt).toBeLessThan(NOW);
  });

  test('costs little in a flood: as many more as it doubles', async () => {
    const events: PendingUse[] = [];
    const flood = Array.from({ length: 100_000 }, (_, n) => `{"cut off": ${n}`);
    const lane = new Lane(source([...ordinary, ...flood]), options);
    while (lane.state !== 'ended') await lane.read(65_536, events, undefined);
    const told = events.filter(({ use }) => use.reading?.unreadable !== undefined);
    expect(told.length).toBeLessThan(50);
    expect(lane.counts.deadLetters).toEqual({ 'invalid-json': 100_000 });
    expect(lane.counts.events).toBe(events.filter(({ use }) => use.reading === undefined).length);
    expect(JSON.stringify(lane.save().tally).length).toBeLessThan(1_000);
  });
});

test('a message that another version wrote has none of it, and one that nobody wrote is refused', () => {
  const message = { from: FILE, of: { appdb: 1 }, watermark: null, high: null, live: true, closings: [], events: [] };
  const { readings, ...plain } = JSON.parse(encodeEvents(message));
  expect(readings).toBeUndefined();
  expect(decodeEvents(Buffer.from(JSON.stringify(plain))).events).toEqual([]);
  for (const wrong of [1, [1], [[[], { read: 1 }]]])
    expect(() => decodeEvents(Buffer.from(JSON.stringify({ ...plain, readings: wrong })))).toThrow(
      'no message of events',
    );
});
