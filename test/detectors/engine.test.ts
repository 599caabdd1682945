import { describe, expect, test } from 'vitest';
import type { Detector } from '../../src/detectors/detector.ts';
import { PROOF } from '../../src/proof.ts';
import { agent, DAY, HOUR, MONDAY, Watched } from '../baselines/watched.ts';
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
  const exception = (matches: (principal: string) => boolean) => [{ matches, because: 'known', until: MONDAY + DAY }];

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

  test('what came too late meets no baseline, but the checks that need none', () => {
    const late = (watched: Watched, time: number, action: string) =>
      watched.core.process([
        {
          use: {
            time,
            format: 'test',
            dataset: 'test.access',
            action,
            result: 'success',
            proof: PROOF.keyMap,
            identities: [{ key: 'credential_id', value: 'a' }],
            uses: 1,
            sourceIp: '203.0.113.9',
            client: 'curl/8',
            bytes: 0,
            rows: 0,
            status: undefined,
            method: undefined,
            path: undefined,
            statement: undefined,
            service: undefined,
            traceId: undefined,
            session: undefined,
            leaks: [],
          },
          id: () => 'late',
          late: true,
          orderTime: time + HOUR,
          attribution: {
            method: 'none',
            confidence: 0,
            principal: undefined,
            credential: undefined,
            ambiguous: undefined,
          },
        },
      ]);
    const watched = new Watched([agent('a', { scopes: ['GET /v1/orders/*'] })]);
    const today = watched.weeks(4);
    late(watched, today, 'GET /v1/orders/{id}');
    expect(watched.alerts).toEqual([]);
    late(watched, today, 'DROP TABLE public.orders');
    expect(watched.alerts.map(({ findings }) => findings.map(({ detector }) => detector))).toEqual([['out-of-scope']]);
    expect(watched.core.engine.counts.late).toBe(2);
  });
});
