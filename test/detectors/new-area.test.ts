import { expect, test } from 'vitest';
import { DAY, HOUR, MINUTE, Watched } from '../baselines/watched.ts';

const OWN = ['EDIT shop/api', 'EDIT shop/web', 'ADD shop/api'];
const FOREIGN = ['EDIT catalog/core', 'ADD catalog/core'];
const FIRST = Date.UTC(2026, 0, 5);
const SETTLED = 60;

/** An agent that works in one repository every day, and in another one on the days that `elsewhere` names. */
const working = (elsewhere: readonly number[], days: number): Watched => {
  const watched = new Watched();
  for (let day = 0; day < days; day++) {
    const morning = FIRST + day * DAY + 9 * HOUR;
    for (let step = 0; step < 6; step++)
      watched.use(morning + step * HOUR, { action: OWN[step % OWN.length] as string });
    if (elsewhere.includes(day))
      for (const [place, action] of FOREIGN.entries()) watched.use(morning + 6 * HOUR + place * MINUTE, { action });
  }
  return watched;
};

const daysOfAlerts = (watched: Watched): number[] =>
  watched.worth.map(({ openedAt }) => Math.floor((openedAt - FIRST) / DAY));

test('somebody who is back in a foreign repository after weeks is told again', () => {
  expect(daysOfAlerts(working([SETTLED, SETTLED + 28], SETTLED + 30))).toEqual([SETTLED, SETTLED + 28]);
});

test('work there on the days that follow is the same news', () => {
  expect(daysOfAlerts(working([SETTLED, SETTLED + 1, SETTLED + 9], SETTLED + 12))).toEqual([SETTLED]);
});

test('work in a repository of its own is none', () => {
  const own = Array.from({ length: SETTLED }, (_, day) => day).filter((day) => day % 5 === 0);
  expect(daysOfAlerts(working([...own, SETTLED + 28], SETTLED + 30))).toEqual([]);
});

test('what was done before is not said to be done for the first time', () => {
  const { alerts } = working([SETTLED, SETTLED + 1], SETTLED + 3);
  const reasonsOn = (day: number): string[] =>
    alerts
      .flatMap(({ findings }) => findings)
      .filter(({ detector, time }) => detector === 'new-action' && Math.floor((time - FIRST) / DAY) === day)
      .map(({ reason }) => reason);
  expect(reasonsOn(SETTLED)).toEqual([expect.stringContaining('EDIT catalog/core for the first time in 60 days')]);
  expect(reasonsOn(SETTLED + 1)).toEqual([
    expect.stringContaining('EDIT catalog/core again, which is not usual for it'),
  ]);
});
