import { describe, expect, test } from 'vitest';
import { agent, DAY, HOUR, MINUTE, MONDAY, Watched } from './watched.ts';

/** When an agent works, and what is unusual about the rest of the week. */

const findings = (watched: Watched) =>
  watched.alerts.flatMap((alert) => alert.findings.map(({ detector }) => detector));

describe('an hour of work at three in the night', () => {
  test('is an alert for an agent that has never worked at night in a month', () => {
    const watched = new Watched();
    const today = watched.weeks(4);
    watched.work(today, { from: 3, to: 4, every: 2 });
    expect(watched.worth.map(({ findings: [finding] }) => finding?.detector)).toEqual(['unusual-time']);
    expect(watched.worth[0]?.reason).toContain(
      'Monday 03:00 UTC, when it is active in less than 1 % of the weeks (27 days)',
    );
  });

  test('is none while only two nights were seen so far', () => {
    const watched = new Watched();
    for (let day = 0; day < 2; day++) watched.work(MONDAY + day * DAY);
    watched.work(MONDAY + 2 * DAY, { from: 3, to: 4, every: 2 });
    expect(watched.alerts).toEqual([]);
  });

  test('is none for an agent that never sleeps', () => {
    const watched = new Watched();
    for (let day = 0; day < 28; day++) watched.work(MONDAY + day * DAY, { from: 0, to: 24, every: 10 });
    watched.work(MONDAY + 28 * DAY, { from: 3, to: 4, every: 2 });
    expect(findings(watched)).not.toContain('unusual-time');
  });
});

test('one short burst at night wakes nobody', () => {
  const watched = new Watched();
  const today = watched.weeks(4);
  watched.burst(today + 3 * HOUR, 12, 5_000);
  expect(watched.worth).toEqual([]);
});

test('overtime: half an hour after the usual end wakes nobody', () => {
  const watched = new Watched();
  const today = watched.weeks(4);
  watched.work(today, { from: 8, to: 18.5 });
  expect(watched.worth).toEqual([]);
});

test('a job on Mondays at three, always there, is nothing unusual', () => {
  const watched = new Watched();
  for (let week = 0; week < 9; week++) {
    const monday = MONDAY + week * 7 * DAY;
    watched.work(monday, { from: 3, to: 4, every: 4 });
    watched.weeks(1, {}, 'a', monday);
  }
  expect(watched.worth).toEqual([]);
});

describe('when the clocks change in Berlin', () => {
  // Summer time began on 29 March 2026 and ended on 25 October 2026.
  const spring = Date.UTC(2026, 2, 2);
  const autumn = Date.UTC(2026, 8, 28);
  const declared = agent('a', { hours: 'Mon-Fri 08:00-18:00 Europe/Berlin' });

  /** Eight weeks, 08:00 to 18:00 on Berlin's clocks; on some evenings work goes on for half an hour. */
  const office = (watched: Watched, first: number, summer: (day: number) => boolean, overtime: number): void => {
    for (let day = 0; day < 56; day++) {
      if (day % 7 > 4) continue;
      const date = first + day * DAY;
      const ahead = summer(date) ? 2 : 1;
      watched.work(date, { from: 8 - ahead, to: 18 - ahead + (day % 5 === 0 ? overtime : 0) });
    }
  };
  const changes = [
    ['spring', spring, (date: number) => date >= Date.UTC(2026, 2, 29)],
    ['autumn', autumn, (date: number) => date < Date.UTC(2026, 9, 25)],
  ] as const;

  test.each(changes)('in %s, that is no incident where the registry declares the zone', (_, first, summer) => {
    const watched = new Watched([declared]);
    office(watched, first, summer, 0);
    expect(watched.alerts).toEqual([]);
  });

  test.each(changes)('in %s, nor is it where nobody said which zone, even with overtime', (_, first, summer) => {
    const watched = new Watched();
    office(watched, first, summer, 0.5);
    expect(watched.worth).toEqual([]);
  });

  test('three in the night on Berlin’s clocks is unusual before and after', () => {
    for (const night of [Date.UTC(2026, 9, 21, 1), Date.UTC(2026, 9, 28, 2)]) {
      const watched = new Watched([agent('a', { hours: 'Mon-Sun 00:00-24:00 Europe/Berlin' })]);
      for (let date = autumn; date < night - 4 * HOUR; date += DAY) {
        const ahead = date < Date.UTC(2026, 9, 25) ? 2 : 1;
        watched.work(date, { from: 8 - ahead, to: 18 - ahead });
      }
      for (let minute = 0; minute < 60; minute += 2) watched.use(night + minute * MINUTE);
      expect(watched.worth.length).toBe(1);
      expect(watched.worth[0]?.reason).toContain('Wednesday 03:00 Europe/Berlin');
    }
  });
});

test('how usual an hour is, an alert says of its own agent, whoever is at work meanwhile', () => {
  const watched = new Watched([agent('a'), agent('b')]);
  for (let day = MONDAY; day < MONDAY + 21 * DAY; day += DAY) {
    watched.together(() => {
      watched.work(day, { every: 20 });
      watched.work(day, { from: 0, to: 24, every: 20 }, {}, 'b');
    });
  }
  const night = MONDAY + 21 * DAY + 3 * HOUR;
  watched.together(() => {
    watched.burst(night, 40, 2_000);
    watched.burst(night + 1_000, 40, 2_000, {}, 'b');
  });
  const told = watched.alerts.flatMap(({ findings }) => findings).filter(({ detector }) => detector === 'unusual-time');
  expect(told.map(({ reason }) => reason)).toEqual([expect.stringMatching(/^a goes on .* active in less than 1 %/)]);
});
