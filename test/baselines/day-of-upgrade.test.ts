import { expect, test } from 'vitest';
import { NAMES_OF_PROCESS as NAMES } from '../../src/baselines/names.ts';
import { FIRST, StateReader } from '../../src/baselines/saved-states.ts';
import { inFirstForm, setGreatest } from './first-form.ts';
import { DAY, HOUR, MINUTE, MONDAY, Watched } from './watched.ts';

/** From one hour to the next, a version that counted in windows has become this one. */

const TODAY = MONDAY + 21 * DAY;
const KNOWN = [NAMES.action('GET /v1/orders/{id}'), NAMES.network('10.4.1.7'), NAMES.client('agent/1.0')];

/** Upgraded at noon, after three weeks of a call every five minutes. */
const upgradedAtNoon = (): Watched => {
  const watched = new Watched();
  for (let day = 0; day < 21; day++) watched.work(MONDAY + day * DAY);
  watched.work(TODAY, { to: 12 });
  const saved = structuredClone(watched.core.save());
  const { baselines } = saved.engine;
  const upgraded = (state: ArrayBuffer): ArrayBuffer => {
    const before = inFirstForm(state, KNOWN);
    for (const [series, value] of [
      ...[['requests/60000', 1] as const, ['requests/300000', 1] as const, ['requests/3600000', 12] as const],
      ...[['requests/86400000', 120] as const, ['denied/3600000', 0] as const],
    ])
      setGreatest(before, series, value, TODAY / DAY - 1);
    const now = new StateReader(new Map()).read(before, FIRST);
    if (now === undefined) throw new Error('a state of the first form is unreadable');
    return now;
  };
  const next = new Watched();
  next.core.load({
    ...saved,
    engine: {
      ...saved.engine,
      baselines: {
        ...{ key: undefined, isMigrated: true },
        principals: baselines.principals.map(([name, group, zone, state]) => [name, group, zone, upgraded(state)]),
        groups: baselines.groups.map(([name, state]) => [name, upgraded(state)]),
      },
    },
  });
  return next;
};

test('a burst in the hours after an upgrade is told by the days before it', () => {
  const watched = upgradedAtNoon();
  watched.work(TODAY, { from: 12, to: 14 });
  watched.burst(TODAY + 14 * HOUR + MINUTE, 1_000, 200);
  expect(watched.worth).toHaveLength(1);
  const reasons = watched.worth.flatMap(({ findings }) =>
    findings.map(({ detector, reason }) => `${detector} ${reason}`),
  );
  expect(reasons).toContainEqual(expect.stringMatching(/^request-burst .*at most 1 on the days before \(21 days\)/));
  // One action alone was not counted by the version before, and no sentence claims that it was.
  expect(reasons).not.toContainEqual(expect.stringMatching(/at most 0/));
});

test('denials are, too', () => {
  const watched = upgradedAtNoon();
  watched.work(TODAY, { from: 12, to: 14 });
  watched.burst(TODAY + 14 * HOUR + MINUTE, 200, 500, { result: 'denied' });
  expect(watched.worth.flatMap(({ findings }) => findings.map(({ detector }) => detector))).toContain('denied-burst');
});

test('its ordinary work goes on without an alert, and so does the day after', () => {
  const watched = upgradedAtNoon();
  watched.work(TODAY, { from: 12 });
  watched.work(TODAY + DAY);
  expect(watched.alerts).toEqual([]);
});
