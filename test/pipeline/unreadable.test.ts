import { beforeAll, describe, expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { decodeEvents, encodeEvents } from '../../src/pipeline/kafka/events-message.ts';
import { Lane } from '../../src/pipeline/lane.ts';
import type { PendingUse } from '../../src/pipeline/ordered.ts';
import { FILE, NOW, onKafka, options, ordinaryLines, scanned, source } from './both-ways.ts';
import { withCut, withGarbled, withRaised } from './unreadable-lines.ts';

let ordinary: readonly string[];

beforeAll(() => {
  ordinary = ordinaryLines();
});

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
      expect(await scanned(lines, chunk)).toEqual(whole);
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
