import { describe, expect, test } from 'vitest';
import type { Detector } from '../../src/detectors/detector.ts';
import { agent, DAY, type Fields, HOUR, MONDAY, Watched } from '../baselines/watched.ts';
import { shippedDetectors } from '../quality/measure.ts';

const only = (id: string, changes: Partial<Detector> = {}): Detector[] =>
  shippedDetectors()
    .filter((detector) => detector.id === id)
    .map((detector) => ({ ...detector, ...changes }));

describe('a condition that lasts', () => {
  const expired = agent('a', { expiresAt: MONDAY });

  test('is told once a week, not once an event', () => {
    const watched = new Watched([expired], only('expired-credential'));
    for (let hour = 0; hour < 15 * 24; hour++) watched.use(MONDAY + hour * HOUR);
    expect(watched.alerts.length).toBe(3);
    expect(watched.core.engine.counts.repeated).toBe(15 * 24 - 3);
  });

  test('is told of each credential', () => {
    const watched = new Watched([expired, agent('b', { expiresAt: MONDAY })], only('expired-credential'));
    watched.use(MONDAY + HOUR);
    watched.use(MONDAY + HOUR, {}, 'b');
    expect(watched.alerts.map(({ agent }) => agent)).toEqual(['a', 'b']);
  });

  test('is judged at the time of the event', () => {
    const watched = new Watched([expired], only('expired-credential'));
    watched.use(MONDAY - 1);
    expect(watched.alerts).toEqual([]);
    watched.use(MONDAY);
    expect(watched.alerts.length).toBe(1);
  });
});

describe('an exception', () => {
  const exception = (matches: (principal: string) => boolean) => [
    { whom: 'a', matches, because: 'known', until: MONDAY + DAY },
  ];

  test('keeps a detector quiet about an agent until its time is over, and counts', () => {
    const detectors = only('out-of-scope', {
      exceptions: exception((principal) => principal === 'a/api'),
      repeatAfter: 0,
    });
    const watched = new Watched([agent('a', { scopes: ['GET /v1/x'] })], detectors);
    watched.use(MONDAY + DAY - 1);
    expect(watched.alerts).toEqual([]);
    expect(watched.core.engine.counts.excepted).toBe(1);
    watched.use(MONDAY + DAY);
    expect(watched.alerts.length).toBe(1);
  });

  test('concerns nobody else', () => {
    const detectors = only('out-of-scope', { exceptions: exception((principal) => principal === 'b/api') });
    const watched = new Watched([agent('a', { scopes: ['GET /v1/x'] })], detectors);
    watched.use(MONDAY);
    expect(watched.alerts.length).toBe(1);
  });
});

describe('whose use counts', () => {
  test('what was rejected counts against nobody, whatever it claims', () => {
    const watched = new Watched([agent('a', { expiresAt: MONDAY, scopes: ['GET /none'], networks: ['192.0.2.0/24'] })]);
    watched.burst(MONDAY + HOUR, 500, 100, { result: 'rejected' });
    expect(watched.alerts.map(({ principal, credentials }) => ({ principal, credentials }))).toEqual([
      { principal: 'source/10.4', credentials: [] },
    ]);
    expect(watched.core.engine.counts).toMatchObject({ seen: 0, unattributed: 500 });
    expect(watched.core.engine.baselines.size).toBe(0);
  });

  test('what came too late is looked at for what it did and from where, once, but neither counted nor learned', () => {
    const watched = new Watched([agent('a', { scopes: ['GET /v1/orders/*'] })]);
    const late = (time: number, fields: Fields): void =>
      watched.use(time, { bytes: 1e9, ...fields }, 'a', { late: true, lateMs: HOUR, orderTime: time + HOUR });
    const found = (): string[][] => watched.alerts.map(({ findings }) => findings.map(({ detector }) => detector));
    const today = watched.weeks(4);
    const before = watched.core.engine.baselines.save();
    late(today - 3 * DAY, {});
    late(today - 3 * DAY, { action: 'DELETE /v1/users/{id}', result: 'error' });
    expect(watched.alerts).toEqual([]);
    late(today, { sourceIp: '203.0.113.9', client: 'curl/8' });
    expect(found()).toEqual([['new-source']]);
    for (let count = 0; count < 5; count++) late(today + count, { action: 'DROP TABLE public.orders' });
    expect(found()).toEqual([['new-source', 'new-action', 'out-of-scope']]);
    expect(watched.alerts[0]?.findings[1]).toMatchObject({
      subject: 'DROP TABLE public.orders',
      evidence: ['event-2403'],
    });
    expect(watched.core.engine.counts.late).toBe(8);
    expect(watched.core.engine.baselines.save()).toEqual(before);
  });
});
