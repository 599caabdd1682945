import { expect, test } from 'vitest';
import { agent, DAY, HOUR, MINUTE, MONDAY, Watched } from './watched.ts';

const TEAM = ['a', 'b', 'c', 'd', 'e'];

/** Five of a group, four weeks in office hours, and then a night in which all of them work. */
const lateTogether = (watched: Watched, hourly: () => void): void => {
  for (let day = 0; day < 29; day++) {
    if (day % 7 > 4) continue;
    const [from, to] = day === 28 ? [1, 5] : [8, 17];
    for (let minute = from * 60; minute < to * 60; minute += 10) {
      for (const [place, who] of TEAM.entries()) watched.use(MONDAY + day * DAY + minute * MINUTE + place, {}, who);
      if (minute % 60 === 0) hourly();
    }
  }
};

test('what a use of one member changes in another is saved, too', () => {
  const watched = new Watched(TEAM.map((who) => agent(who, { peerGroup: 'team' })));
  const kept = new Map<string, string>();
  const keepChanges = (): void => {
    for (const [name, , , state] of watched.core.saveChanges().engine.baselines.principals)
      kept.set(name, Buffer.from(state).toString('base64'));
  };
  lateTogether(watched, keepChanges);
  keepChanges();
  watched.core.advance(MONDAY + 28 * DAY + 6 * HOUR);
  keepChanges();
  const whole = watched.core.save().engine.baselines.principals;
  expect(whole.map(([name, , , state]) => [name, Buffer.from(state).toString('base64')])).toEqual([...kept]);
});
