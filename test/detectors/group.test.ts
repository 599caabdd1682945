import { expect, test } from 'vitest';
import { agent, DAY, HOUR, MINUTE, Watched } from '../baselines/watched.ts';

const MEMBERS = ['a', 'b', 'c', 'd', 'e', 'f'];
const ACTIONS = ['GET /v1/orders/{id}', 'GET /v1/orders', 'POST /v1/orders'];
const NEW = ['GET /v1/surveys', 'GET /v1/coupons/{id}', 'POST /v1/recipes', 'GET /v1/seats'];

/** Six members of one group after five weeks of the same work, and the Monday that follows. */
const group = (weeks = 5): { watched: Watched; monday: number } => {
  const watched = new Watched(MEMBERS.map((id) => agent(id, { peerGroup: 'shop' })));
  let monday = 0;
  for (let week = 0; week < weeks; week++) {
    const first = Date.UTC(2026, 0, 5) + week * 7 * DAY;
    for (let day = 0; day < 5; day++)
      for (let time = first + day * DAY + 8 * HOUR; time < first + day * DAY + 18 * HOUR; time += 30 * MINUTE)
        for (const [place, who] of MEMBERS.entries())
          watched.use(time + place * MINUTE, { action: ACTIONS[(time / (30 * MINUTE)) % 3] as string, rows: 5 }, who);
    monday = first + 7 * DAY;
  }
  return { watched, monday };
};

const doesAll = (watched: Watched, time: number, who: string): void => {
  for (const [place, action] of NEW.entries()) watched.use(time + place * MINUTE, { action }, who);
};

test('a deployment that reaches one member after the other within hours alerts about the first at most', () => {
  const { watched, monday } = group();
  for (const [place, who] of MEMBERS.entries()) doesAll(watched, monday + (8 + 1.5 * place) * HOUR, who);
  expect(watched.worth.length).toBeLessThanOrEqual(1);
  expect(watched.alerts.filter(({ agent }) => agent !== 'a').filter(({ severity }) => severity !== 'low')).toEqual([]);
});

test('the same endpoints by one member alone are an alert', () => {
  const { watched, monday } = group();
  doesAll(watched, monday + 9 * HOUR, 'c');
  expect(watched.worth.map(({ agent }) => agent)).toEqual(['c']);
});

test('a peer that has begun with it does not cover what deletes a whole collection', () => {
  const { watched, monday } = group();
  watched.use(monday + 9 * HOUR, { action: 'DELETE /v1/customers' }, 'a');
  watched.use(monday + 11 * HOUR, { action: 'DELETE /v1/customers' }, 'b');
  expect(watched.worth.map(({ agent }) => agent).sort()).toEqual(['a', 'b']);
});

test('work that the group has just begun with is not the habit of peers', () => {
  const { watched, monday } = group();
  for (const [place, who] of MEMBERS.entries()) doesAll(watched, monday + (8 + place / 60) * HOUR, who);
  const before = watched.worth.length;
  for (let day = 1; day < 4; day++)
    for (const [place, who] of MEMBERS.entries())
      doesAll(watched, monday + day * DAY + (8 + place) * HOUR + (day % 2) * 5 * MINUTE, who);
  expect(watched.worth.length).toBe(before);
});

test('many times the rows by all members within one day are one notice, by one member an alert', () => {
  const { watched, monday } = group();
  for (let time = monday + 8 * HOUR; time < monday + 12 * HOUR; time += 30 * MINUTE)
    for (const [place, who] of MEMBERS.entries()) watched.use(time + place * MINUTE, { rows: 5_000 }, who);
  const together = watched.worth.length;
  const alone = group();
  for (let time = alone.monday + 8 * HOUR; time < alone.monday + 12 * HOUR; time += 30 * MINUTE)
    alone.watched.use(time, { rows: 5_000 }, 'd');
  expect({ together, alone: alone.watched.worth.map(({ agent }) => agent) }).toEqual({ together: 0, alone: ['d'] });
});

test('a second member that leaves through the same new public address makes it a move', () => {
  const { watched, monday } = group();
  const elsewhere = { sourceIp: '203.0.113.9' };
  watched.use(monday + 9 * HOUR, elsewhere, 'a');
  watched.use(monday + 10 * HOUR, elsewhere, 'b');
  watched.use(monday + 11 * HOUR, { sourceIp: '198.51.100.4' }, 'e');
  expect(watched.worth.map(({ agent }) => agent)).toEqual(['a', 'e']);
});
