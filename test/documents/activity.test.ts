import { describe, expect, test } from 'vitest';
import { agent, DAY, HOUR, MINUTE, MONDAY, Watched } from '../baselines/watched.ts';
import { Observed } from './observed.ts';

describe('an hour', () => {
  test('is told at the next use in a later hour, with all that was seen in it', () => {
    const watched = new Observed();
    const nine = MONDAY + 9 * HOUR;
    watched.burst(nine, 10, MINUTE, { bytes: 100, rows: 3 });
    watched.use(nine + 30 * MINUTE, { result: 'denied', bytes: 0 });
    watched.use(nine + 31 * MINUTE, { result: 'error', bytes: 7 });
    watched.use(nine + 59 * MINUTE, { uses: 0, bytes: 0, rows: 4 });
    expect(watched.of('hour')).toEqual([]);

    watched.use(nine + 26 * HOUR);
    expect(watched.documents('hour')).toMatchObject([
      {
        '@timestamp': '2026-01-05T09:00:00.000Z',
        event: { kind: 'metric' },
        gen_ai: { agent: { id: 'a', name: 'a' } },
        wayward: {
          principal: 'a/api',
          slot: 'api',
          peer_group: 'a',
          activity: {
            requests: 12,
            bytes: 1_007,
            rows: 34,
            denied: 1,
            errors: 1,
            hour_of_day: '09',
            weekday: '1 Mon',
            baseline_age_days: 0,
          },
        },
      },
    ]);
  });

  test('without a use, or with rejected ones only, is not told', () => {
    const watched = new Observed();
    watched.use(MONDAY + 9 * HOUR);
    watched.burst(MONDAY + 11 * HOUR, 5, MINUTE, { result: 'rejected' });
    watched.use(MONDAY + 13 * HOUR);
    watched.use(MONDAY + 14 * HOUR);
    expect(watched.of('hour').map(({ start }) => start)).toEqual([MONDAY + 9 * HOUR, MONDAY + 13 * HOUR]);
  });

  test('of one principal does not end by the use of another', () => {
    const watched = new Observed([agent('a'), agent('b')]);
    watched.use(MONDAY + 9 * HOUR);
    watched.use(MONDAY + 15 * HOUR, {}, 'b');
    expect(watched.of('hour')).toEqual([]);
  });

  test('of somebody who stands in no registry has no agent, slot or peers', () => {
    const watched = new Observed();
    watched.use(MONDAY + 9 * HOUR, {}, 'stranger');
    watched.use(MONDAY + 10 * HOUR, {}, 'stranger');
    const [document] = watched.documents('hour');
    expect(document?.['gen_ai']).toBeUndefined();
    expect(Object.keys(document?.['wayward'] ?? {})).toEqual(['principal', 'activity']);
    expect(document?.['wayward']?.['principal']).toBe('unregistered/credential_id:stranger');
  });

  test('stands at its place in the week of its zone, also over a change of the clock', () => {
    const watched = new Observed([agent('a', { hours: 'Mon-Fri 06:00-20:00 Europe/Berlin' })]);
    const saturday = Date.UTC(2026, 2, 28, 23, 30);
    watched.use(saturday);
    watched.use(saturday + 8 * HOUR);
    watched.use(saturday + 9 * HOUR);
    const places = watched
      .documents('hour')
      .map(({ wayward }) => [wayward?.['activity']?.['weekday'], wayward?.['activity']?.['hour_of_day']]);
    expect(places).toEqual([
      ['7 Sun', '00'],
      ['7 Sun', '09'],
    ]);
  });
});

describe('the expected band', () => {
  test('is absent while nothing is known', () => {
    const watched = new Observed();
    watched.work(MONDAY);
    watched.use(MONDAY + DAY);
    for (const { wayward } of watched.documents('hour')) {
      expect(wayward?.['activity']).not.toHaveProperty('expected');
      expect(wayward?.['activity']).not.toHaveProperty('expected_low');
      expect(wayward?.['activity']).not.toHaveProperty('expected_high');
    }
  });

  test('lies around what the hours usually have, and calls an unusual hour unusual', () => {
    const watched = new Observed();
    const today = watched.weeks(4);
    watched.work(today, { from: 8, to: 11 });
    watched.use(today + 13 * HOUR);
    const hours = watched.of('hour').filter(({ start }) => start >= today);
    expect(hours.map(({ requests }) => requests)).toEqual([12, 12, 12]);
    for (const { requests, expected, expectedLow, expectedHigh, baselineAgeDays } of hours) {
      expect(expected).toBeGreaterThan(6);
      expect(expected).toBeLessThan(14);
      expect(expectedLow).toBeLessThan(requests);
      expect(expectedHigh).toBeGreaterThan(requests);
      expect(baselineAgeDays).toBe(28);
    }
  });

  /** Alerts for requests of one day at ten, `times` the upper edge of the band, spread over the hour. */
  const alertsAt = (times: number): number => {
    const watched = new Observed();
    const today = watched.weeks(4);
    watched.use(today + 9 * HOUR);
    watched.use(today + 10 * HOUR);
    watched.use(today + 11 * HOUR);
    const high = watched.of('hour').at(-1)?.expectedHigh ?? 0;

    const again = new Observed();
    again.weeks(4);
    again.use(today + 9 * HOUR);
    const count = Math.round(high * times);
    again.burst(today + 10 * HOUR, count, Math.floor((56 * MINUTE) / count));
    return again.alerts.filter(({ findings }) => findings.some(({ detector }) => detector === 'request-burst')).length;
  };

  test('ends where a detector would speak up', () => {
    expect(alertsAt(0.85)).toBe(0);
    expect(alertsAt(1.2)).toBe(1);
  });
});

describe('what is first seen', () => {
  const news = (watched: Observed) => watched.of('first-seen').map(({ what, value }) => `${what} ${value}`);

  test('is nothing on the first day of a principal, when all of it is', () => {
    const watched = new Observed();
    for (let at = 0; at < 24; at++) {
      watched.use(MONDAY + at * HOUR, { action: `GET /v1/${at}`, sourceIp: `10.${at}.0.1`, client: `c-${at}/1` });
    }
    expect(news(watched)).toEqual([]);
    expect(watched.core.engine.counts.firstSeenSuppressed).toBe(0);
  });

  test('is an action, a network and a client, each once', () => {
    const watched = new Observed();
    watched.use(MONDAY);
    for (const day of [1, 2]) {
      const fields = { action: 'DELETE /v1/orders/{id}', sourceIp: '203.0.113.9', client: 'curl/8.5 (linux)' };
      watched.use(MONDAY + day * DAY, fields);
    }
    expect(news(watched)).toEqual(['action DELETE /v1/orders/{id}', 'network 203.0', 'client curl']);
    expect(watched.documents('first-seen')[0]).toMatchObject({
      '@timestamp': '2026-01-06T00:00:00.000Z',
      event: { kind: 'event', action: 'first-seen', outcome: 'success' },
      gen_ai: { agent: { id: 'a' } },
      source: { ip: '203.0.113.9' },
      user_agent: { original: 'curl/8.5 (linux)' },
      wayward: { principal: 'a/api', first_seen: { kind: 'action', value: 'DELETE /v1/orders/{id}' } },
    });
  });

  test('is told apart where it was denied first and done later', () => {
    const watched = new Observed();
    watched.use(MONDAY);
    watched.use(MONDAY + DAY, { action: 'DROP TABLE public.orders', result: 'denied' });
    watched.use(MONDAY + DAY + HOUR, { action: 'DROP TABLE public.orders' });
    const documents = watched.documents('first-seen');
    expect(documents.map(({ event }) => event?.['outcome'])).toEqual(['failure', 'success']);
    expect(new Set(documents.map(({ event }) => event?.['id'])).size).toBe(2);
  });

  test('is told five times a day and sort; the rest is counted', () => {
    const watched = new Observed();
    watched.use(MONDAY);
    for (let at = 0; at < 40; at++) watched.use(MONDAY + DAY + at * MINUTE, { action: `GET /v1/crawl-${at}` });
    watched.use(MONDAY + DAY + HOUR, { sourceIp: '203.0.113.9' });
    expect(watched.of('first-seen').map(({ what }) => what)).toEqual([...Array(5).fill('action'), 'network']);
    expect(watched.core.engine.counts.firstSeenSuppressed).toBe(35);
    watched.use(MONDAY + 2 * DAY, { action: 'GET /v1/another' });
    expect(watched.of('first-seen')).toHaveLength(7);
  });

  test('is harmless however it is called', () => {
    const watched = new Observed();
    watched.use(MONDAY);
    const evil = [
      '__proto__',
      'constructor',
      `GET /${'x'.repeat(10_240)}`,
      'GET /\u0000\u001b[31m\n\u0085',
      'GET /\ud800',
    ];
    for (const [at, action] of evil.entries()) {
      watched.use(MONDAY + DAY + at, { action, client: `${action}-${at}`, sourceIp: 'not an address' });
    }
    const documents = watched.documents('first-seen');
    expect(documents).toHaveLength(5 + 1 + 3);
    for (const { source } of documents) expect(source).toEqual({ address: 'not an address' });
  });
});

test('without somebody to show it to, nothing is kept for it, and the alerts are the same', () => {
  const play = (watched: Watched): string => {
    const today = watched.weeks(3);
    for (let at = 0; at < 20; at++) watched.use(today + 9 * HOUR + at * MINUTE, { action: `DELETE /v1/${at}` });
    watched.burst(today + 10 * HOUR, 3_000, 100);
    return JSON.stringify(watched.alerts);
  };
  const plain = new Watched();
  const shown = new Observed();
  expect(play(plain)).toBe(play(shown));
  expect(shown.activity.length).toBeGreaterThan(100);
  expect(plain.core.engine.counts.firstSeenSuppressed).toBe(0);
  expect(plain.core.save().usage).toEqual({ day: undefined, credentials: [] });
});
