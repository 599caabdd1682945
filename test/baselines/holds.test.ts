import { describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE, MONDAY, Watched } from './watched.ts';

/** What was flagged is not learned; a change that lasts is one alert. */

/** A month of single reads, three rows each. */
const reader = (): { watched: Watched; today: number } => {
  const watched = new Watched();
  for (let day = 0; day < 28; day++) watched.work(MONDAY + day * DAY, {}, { action: 'SELECT public.orders', rows: 3 });
  return { watched, today: MONDAY + 28 * DAY };
};

describe('a change that lasts', () => {
  test.each([
    ['five', 1],
    ['fifty', 0.1],
  ])('of volume (%s times as much) is one alert, not one a day, and normal after seven days', (_, every) => {
    const watched = new Watched();
    const change = watched.weeks(4);
    for (let day = 0; day < 28; day++) {
      if (day % 7 < 5) watched.work(change + day * DAY, { every });
    }
    expect(watched.worth.map(({ openedAt }) => Math.floor((openedAt - change) / DAY))).toEqual([0]);
  });

  test('of hours is one alert, not one a night', () => {
    const watched = new Watched();
    const change = watched.weeks(4);
    for (let day = 0; day < 30; day++) {
      watched.work(change + day * DAY, { from: 3, to: 4, every: 4 });
      if (day % 7 < 5) watched.work(change + day * DAY);
    }
    expect(watched.alerts.map(({ openedAt }) => Math.floor((openedAt - change) / DAY))).toEqual([0]);
  });

  test('of actions is one alert, until a person says that it is normal or it has come back on seven days', () => {
    const { watched, today } = reader();
    for (let day = 0; day < 12; day++) {
      watched.work(today + day * DAY, {}, { action: 'SELECT public.orders', rows: 3 });
      watched.use(today + day * DAY + 18 * HOUR, { action: 'DROP TABLE staging.load' });
    }
    expect(watched.worth.length).toBe(1);
  });

  test('is told again when it grows further', () => {
    const watched = new Watched();
    const change = watched.weeks(4);
    for (let day = 0; day < 4; day++) watched.work(change + day * DAY, { every: 1 });
    watched.burst(change + 4 * DAY + 10 * HOUR, 5_000, 100);
    expect(watched.worth.map(({ openedAt }) => Math.floor((openedAt - change) / DAY))).toEqual([0, 4]);
  });
});

describe('what was flagged teaches nothing', () => {
  test('the same attack a month later is told again', () => {
    const { watched, today } = reader();
    const steal = (day: number) =>
      watched.use(today + day * DAY + 10 * HOUR, { action: 'SELECT public.orders', rows: 90_000 });
    steal(0);
    for (let day = 1; day < 30; day++) {
      watched.work(today + day * DAY, {}, { action: 'SELECT public.orders', rows: 3 });
    }
    steal(30);
    expect(watched.worth.map(({ openedAt }) => Math.floor((openedAt - today) / DAY))).toEqual([0, 30]);
  });

  test('unless its alert was closed as benign', () => {
    const { watched, today } = reader();
    const steal = (day: number) =>
      watched.use(today + day * DAY + 10 * HOUR, { action: 'SELECT public.orders', rows: 90_000 });
    steal(0);
    const [alert] = watched.worth;
    if (alert === undefined) throw new Error('no alert');
    watched.core.close(alert, 'benign');
    for (let day = 1; day < 30; day++) {
      watched.work(today + day * DAY, {}, { action: 'SELECT public.orders', rows: 3 });
    }
    steal(30);
    expect(watched.worth.length).toBe(1);
  });

  test('a verdict that changes from confirmed to benign teaches then; from benign to confirmed it takes nothing more in', () => {
    const { watched, today } = reader();
    const act = (day: number, action: string) => watched.use(today + day * DAY + 10 * HOUR, { action });
    act(0, 'DROP TABLE public.orders');
    act(1, 'GRANT public.customers');
    const [orders, grant] = watched.worth;
    if (orders === undefined || grant === undefined) throw new Error('no alerts');
    watched.core.close(orders, 'confirmed');
    act(10, 'DROP TABLE public.orders');
    expect(watched.worth.length).toBe(3); // told again: it was not learned
    watched.core.close(watched.worth[2] ?? orders, 'benign');
    act(20, 'DROP TABLE public.orders');
    expect(watched.worth.length).toBe(3);

    watched.core.close(orders, 'confirmed');
    act(30, 'GRANT public.customers');
    expect(watched.worth.length).toBe(4); // what another alert held is held still
  });

  test('a true alert that is closed stays out of the baseline; what comes then is another incident', () => {
    const { watched, today } = reader();
    watched.use(today + 10 * HOUR, { action: 'DROP TABLE public.orders' });
    const [alert] = watched.worth;
    if (alert === undefined) throw new Error('no alert');
    watched.core.close(alert, 'confirmed');
    watched.use(today + 10 * HOUR + MINUTE, { action: 'DROP TABLE public.customers' });
    expect(watched.worth.length).toBe(2);
    expect(new Set(watched.worth.map(({ id }) => id)).size).toBe(2);
  });
});

/** Four weeks of `amount(0)` uses at ten o'clock beside the ordinary ones, then `days` days of `amount(day)`. */
const growing = (amount: (day: number) => number, days = 21): { watched: Watched; first: number } => {
  const watched = new Watched();
  const first = MONDAY + 28 * DAY;
  for (let day = -28; day < days; day++) {
    watched.together(() => {
      watched.work(first + day * DAY, { every: 20 });
      const count = Math.round(amount(day));
      // A day must be over before the next one.
      watched.burst(first + day * DAY + 10 * HOUR, count, Math.min(2_000, (7 * HOUR) / count));
    });
  }
  return { watched, first };
};

describe('patience does not teach the baseline everything', () => {
  test.each([
    ['by a tenth', 1.15],
    ['by half', 1.5],
    ['by three quarters', 1.75],
  ])('uses that grow %s a day are an alert of medium or more within two weeks', (_, growth) => {
    const { watched, first } = growing((day) => 30 * growth ** Math.min(Math.max(0, day), 16));
    const told = watched.worth.map(({ openedAt }) => Math.floor((openedAt - first) / DAY));
    expect(told.length).toBeGreaterThan(0);
    expect(told[0]).toBeLessThanOrEqual(18);
  });

  test.each([
    ['by two per cent a day', (day: number) => 40 * 1.02 ** Math.max(0, day)],
    ['to twice as much at a deployment', (day: number) => (day < 7 ? 40 : 80)],
    ['on Mondays only', (day: number) => (day % 7 === 0 ? 90 : 30)],
  ])('uses that grow %s wake nobody', (_, amount) => {
    expect(growing(amount, 28).watched.worth).toEqual([]);
  });
});
