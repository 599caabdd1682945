import { expect, test } from 'vitest';
import { alertDocument } from '../../src/alerts/document.ts';
import { sourceOf } from '../../src/baselines/origin.ts';
import { credential } from '../attribution/helpers.ts';
import { agent, DAY, type Fields, HOUR, MINUTE, Watched } from '../baselines/watched.ts';

const THIEF = '203.0.113.9';
const EXPORT = { action: 'GET /v1/export/all', bytes: 5e7 } as const;

/** Agents of three weeks, each a group of its own, behind one address; and the noon of the day after. */
function fleet(...ids: readonly string[]) {
  const watched = new Watched(ids.map((id) => agent(id)));
  let monday = 0;
  for (const id of ids) monday = watched.weeks(3, { every: 15 }, id);
  return { watched, noon: monday + 12 * HOUR };
}

const steal = (watched: Watched, time: number, who: string, fields: Fields = {}): void => {
  for (let at = 0; at < 20; at++)
    watched.use(time + at * MINUTE, { ...EXPORT, client: 'curl/8', sourceIp: THIEF, ...fields }, who);
};

const campaigns = (watched: Watched, about = (_: { agent?: string }) => true) =>
  watched.worth.filter(about).map(({ agent: who, campaign }) => [who, campaign]);

test('agents whose credentials are used from one foreign address have an alert each, and one campaign', () => {
  const { watched, noon } = fleet('a', 'b', 'c');
  steal(watched, noon, 'a');
  steal(watched, noon + HOUR, 'b');
  const found = campaigns(watched);
  expect(found.map(([who]) => who)).toEqual(['a', 'b']);
  const [[, id] = []] = found;
  expect(id).toMatch(/^[\da-f]{32}$/);
  expect(found).toEqual([
    ['a', id],
    ['b', id],
  ]);
  const [alert] = watched.worth;
  if (alert === undefined) throw new Error('no alert');
  expect(alertDocument(alert).wayward).toMatchObject({ campaign: { id } });
});

test('the id follows from the source alone, so that whoever sees only one of the agents says the same', () => {
  const both = fleet('a', 'b');
  steal(both.watched, both.noon, 'a');
  steal(both.watched, both.noon + HOUR, 'b');
  const alone = fleet('b');
  steal(alone.watched, alone.noon + 5 * DAY, 'b');
  expect(campaigns(alone.watched)).toEqual(campaigns(both.watched, ({ agent: who }) => who === 'b'));
});

test('thieves at different addresses are different campaigns, and what agents do at home is none', () => {
  const { watched, noon } = fleet('a', 'b', 'c');
  steal(watched, noon, 'a');
  steal(watched, noon, 'b', { sourceIp: '203.0.113.10' });
  steal(watched, noon, 'c', { sourceIp: '10.4.1.7', client: 'agent/1.0' });
  const found = new Map(campaigns(watched) as [string, string | undefined][]);
  expect([...found.keys()].toSorted()).toEqual(['a', 'b', 'c']);
  expect(found.get('a')).not.toBe(found.get('b'));
  expect(found.get('c')).toBeUndefined();
});

test('a honeytoken, an unknown credential and guessed ones from that address belong to it as well', () => {
  const watched = new Watched([agent('a'), credential('trap', { agent: 'trap', peerGroup: 'trap', honeytoken: true })]);
  const noon = watched.weeks(3, { every: 15 }) + 12 * HOUR;
  steal(watched, noon, 'a');
  watched.use(noon + HOUR, { sourceIp: THIEF }, 'trap');
  watched.use(noon + HOUR + MINUTE, { sourceIp: THIEF }, 'nobody-knows');
  watched.burst(noon + 2 * HOUR, 300, 100, { sourceIp: THIEF, result: 'rejected' }, 'guess');
  const ids = new Map(watched.worth.map(({ principal, campaign }) => [principal, campaign]));
  expect([...ids.keys()].toSorted()).toEqual([
    'a/api',
    'source/203.0',
    'trap/api-key',
    'unregistered/credential_id:nobody-knows',
  ]);
  expect(new Set(ids.values()).size).toBe(1);
});

test('an incident that began at home joins the campaign once the thief is seen, and stays in it', () => {
  const { watched, noon } = fleet('a');
  steal(watched, noon, 'a', { sourceIp: '10.4.1.7', client: 'agent/1.0' });
  expect(campaigns(watched)).toEqual([['a', undefined]]);
  steal(watched, noon + HOUR, 'a', { action: 'DELETE /v1/orders' });
  const [[, id] = []] = campaigns(watched);
  expect(id).toBeDefined();
  steal(watched, noon + 2 * HOUR, 'a', { action: 'DELETE /v1/users', sourceIp: '198.51.100.1' });
  expect(campaigns(watched)).toEqual([['a', id]]);
});

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0DB8:0000:0000:ffff::2', '2001:db8:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8:1::', '2001:db8:1:0::/64'],
])('%s is of the source %s', (ip, source) => {
  expect(sourceOf(ip)).toBe(source);
});
