import { serialize } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { Baselines } from '../../src/baselines/baselines.ts';
import { Names } from '../../src/baselines/names.ts';
import { agent, DAY, HOUR, MINUTE, MONDAY, Watched } from './watched.ts';

/** Young principals, with and without peers; what is kept of them. */

const ACTIONS = ['SELECT public.orders', 'SELECT public.customers', 'UPDATE public.orders', 'INSERT public.notes'];
const action = (count: number): string => ACTIONS[count % ACTIONS.length] as string;

/** Two instances with four weeks of history, and the morning of a third one's first day. */
const born = (): { watched: Watched; now: number } => {
  const watched = new Watched(['a', 'b', 'new'].map((id) => agent(id, { peerGroup: 'orders' })));
  for (let day = 0; day < 28; day++) {
    for (let minute = 8 * 60; minute < 18 * 60; minute += 7) {
      for (const who of ['a', 'b']) {
        watched.use(MONDAY + day * DAY + minute * MINUTE, { action: action(minute), sourceIp: '10.4.2.9' }, who);
      }
    }
  }
  const today = MONDAY + 28 * DAY;
  for (let minute = 8 * 60; minute < 10 * 60; minute += 7) {
    watched.use(today + minute * MINUTE, { action: action(minute) }, 'new');
  }
  return { watched, now: today + 10 * HOUR };
};

describe('on the first days of an agent without peers', () => {
  test.each([0, 1, 2])('whatever it does on day %i is at most low', (days) => {
    const watched = new Watched();
    for (let day = 0; day < days; day++) watched.work(MONDAY + day * DAY);
    const now = MONDAY + days * DAY + 10 * HOUR;
    watched.burst(now, 3_000, 100, { bytes: 1_000_000, rows: 1_000 });
    watched.burst(now + HOUR, 300, 100, { result: 'denied' });
    watched.use(now + 2 * HOUR, { action: 'DROP TABLE public.orders', sourceIp: '203.0.113.9', client: 'curl/8' });
    expect(watched.worth).toEqual([]);
  });

  test('but what needs no baseline is told from the first minute', () => {
    const watched = new Watched([agent('a', { scopes: ['GET /v1/orders/*'] })]);
    watched.use(MONDAY, { action: 'GET /v1/payments/{id}' });
    expect(watched.worth.map(({ severity }) => severity)).toEqual(['high']);
  });
});

describe('an instance that was born this morning, with peers', () => {
  test('raises nothing by doing what they do', () => {
    expect(born().watched.alerts).toEqual([]);
  });

  test.each([
    ['a burst', { count: 3_000, apart: 100, fields: {} }],
    ['two hundred denials', { count: 200, apart: 300, fields: { result: 'denied' } }],
    ['the first DROP TABLE', { count: 1, apart: 0, fields: { action: 'DROP TABLE public.orders' } }],
  ] as const)('is covered: %s', (_, { count, apart, fields }) => {
    const { watched, now } = born();
    watched.burst(now, count, apart, { action: ACTIONS[0] as string, ...fields }, 'new');
    expect(watched.worth.map(({ principal }) => principal)).toEqual(['new/api']);
  });

  test('is not warned of by what a peer did first', () => {
    const { watched, now } = born();
    for (let day = 0; day < 8; day++) watched.use(now + day * DAY, { action: 'GET /v1/reports/{id}' }, 'a');
    watched.use(now + 8 * DAY, { action: 'GET /v1/reports/{id}' }, 'new');
    expect(watched.alerts.filter(({ agent }) => agent === 'new')).toEqual([]);
  });
});

describe('what is learned', () => {
  test('is the same after it was saved and loaded, byte for byte', () => {
    const { watched } = born();
    const saved = watched.core.engine.baselines.save();
    const copy = new Baselines();
    copy.load(
      structuredClone(saved),
      ['a', 'b', 'new'].map((id) => agent(id, { peerGroup: 'orders' })),
    );
    expect(serialize(copy.save())).toEqual(serialize(saved));
  });

  test('under another key is refused', () => {
    const saved = new Baselines(new Names(Buffer.alloc(32, 1))).save();
    expect(() => new Baselines().load(saved)).toThrow('another key');
  });

  test('takes less than 8 KiB a principal, however long and varied its life', () => {
    const { watched, now } = born();
    for (let count = 0; count < 5_000; count++) {
      watched.use(
        now + count * 20 * MINUTE,
        { action: `GET /v1/x${count}/{id}`, sourceIp: `10.${count % 256}.0.1`, client: `c${count}` },
        'new',
      );
    }
    for (const [, , , state] of watched.core.engine.baselines.save().principals)
      expect(state.byteLength).toBeLessThan(8_192);
  });
});
