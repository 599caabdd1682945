import { expect, test } from 'vitest';
import { agent, DAY, HOUR, MINUTE, MONDAY, Watched } from '../baselines/watched.ts';

const OTHER = { client: 'curl/8.5' };
const DAYS = 20;
const BEGINS = MONDAY + DAYS * DAY;

/** Agents of one group that have worked every day with one client. */
const settled = (names: readonly string[] = ['a']): Watched => {
  const watched = new Watched(names.map((id) => agent(id, { peerGroup: 'workers' })));
  watched.together(() => {
    for (const who of names)
      for (let day = 0; day < DAYS; day++) watched.work(MONDAY + day * DAY, { every: 10 }, {}, who);
  });
  return watched;
};

/** Both clients in turn, each a minute after the other. */
const beside = (watched: Watched, from: number, who = 'a', other: { client: string } = OTHER): void => {
  for (let step = 0; step < 12; step++) watched.use(from + step * MINUTE, step % 2 === 0 ? other : {}, who);
};

const reasons = (watched: Watched): string[] => watched.worth.map(({ reason }) => reason);

test('another client beside its own, from its own address, is told', () => {
  const watched = settled();
  beside(watched, BEGINS + 9 * HOUR);
  expect(reasons(watched)).toEqual([
    expect.stringMatching(/client curl, new in 20 days, .* while its own client goes on/),
  ]);
});

test('another client while the agent pauses is told when the agent goes on', () => {
  const watched = settled();
  watched.burst(BEGINS + 9 * HOUR, 12, 30_000, OTHER);
  expect(reasons(watched)).toEqual([]);
  watched.use(BEGINS + 10 * HOUR);
  expect(reasons(watched)).toEqual([expect.stringContaining('back with its own client agent')]);
});

test('a change of its program, after which the old client never returns, is none', () => {
  const watched = settled();
  for (let day = 0; day < 10; day++) watched.work(BEGINS + day * DAY, { every: 10 }, { client: 'agent-ng/3.0' });
  expect(reasons(watched)).toEqual([]);
});

test('the next version of its own client is none', () => {
  const watched = settled();
  beside(watched, BEGINS + 9 * HOUR, 'a', { client: 'agent/2.0' });
  expect(reasons(watched)).toEqual([]);
});

test('one use with a tool by hand is none', () => {
  const watched = settled();
  watched.use(BEGINS + 9 * HOUR, OTHER);
  watched.work(BEGINS, { from: 10 });
  expect(reasons(watched)).toEqual([]);
});

test('a client that the whole group begins with is none', () => {
  const names = ['a', 'b', 'c', 'd'];
  const watched = settled(names);
  watched.together(() => {
    for (const [place, who] of names.entries()) beside(watched, BEGINS + 9 * HOUR + place * 1_000, who);
  });
  expect(reasons(watched)).toEqual([]);
});

test('what a person has called benign is not told again', () => {
  const watched = settled();
  beside(watched, BEGINS + 9 * HOUR);
  const [alert] = watched.worth;
  if (alert === undefined) throw new Error('no alert');
  watched.core.close(alert, 'benign');
  beside(watched, BEGINS + 3 * DAY + 9 * HOUR);
  expect(reasons(watched)).toHaveLength(1);
});

test('a weekly job that runs on for long on another day of the week is told, and at its own time is not', () => {
  const weekly = new Watched();
  const job = (day: number): void => weekly.work(MONDAY + day * DAY, { from: 9, to: 10, every: 1 });
  for (const day of [0, 7, 14, 21, 28]) job(day);
  expect(reasons(weekly)).toEqual([]);
  job(31);
  expect(reasons(weekly)).toEqual([expect.stringContaining('goes on working at Thursday')]);
});
