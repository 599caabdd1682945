import { describe, expect, test } from 'vitest';
import { LEGACY_DAYS } from '../../src/baselines/legacy-names.ts';
import { NAMES_OF_PROCESS as NAMES } from '../../src/baselines/names.ts';
import { AT } from '../../src/baselines/state.ts';
import { fieldOf, throughFirstForm } from './first-form.ts';
import { agent, DAY, HOUR, MINUTE, MONDAY, Watched } from './watched.ts';

/** States of a version whose names had 32 bits, in the hands of this one. */

const ACTIONS = ['GET /v1/orders/{id}', 'SELECT public.orders', 'UPDATE public.orders', 'DROP TABLE public.orders'];
const ADDRESSES = ['10.4.1.7', '10.9.1.7', '203.0.113.9'];
const CLIENTS = ['agent/1.0', 'curl/8'];
const KNOWN = [
  ...ACTIONS.flatMap((action) => [NAMES.action(action), NAMES.denied(action)]),
  ...ADDRESSES.map((address) => NAMES.network(address)),
  ...CLIENTS.map((client) => NAMES.client(client)),
];
const PEERS = ['a', 'b'].map((id) => agent(id, { peerGroup: 'orders' }));

/** Three weeks of two peers, at the end of which one did something that is held back; the day after the last of them. */
const lived = (): { watched: Watched; now: number } => {
  const watched = new Watched(PEERS);
  for (let day = 0; day < 21; day++) {
    for (const who of ['a', 'b'])
      watched.work(MONDAY + day * DAY, { every: 20 }, { action: ACTIONS[day % 2] as string }, who);
  }
  watched.use(MONDAY + 20 * DAY + 19 * HOUR, { action: ACTIONS[3] as string }, 'a');
  watched.use(MONDAY + 20 * DAY + 20 * HOUR, { action: ACTIONS[2] as string, result: 'denied' }, 'b');
  return { watched, now: MONDAY + 21 * DAY };
};

/** The same, upgraded after these weeks. */
const upgraded = (watched: Watched): Watched => {
  const saved = watched.core.save();
  const next = new Watched(PEERS);
  const baselines = throughFirstForm(saved.engine.baselines, KNOWN);
  next.core.load(structuredClone({ ...saved, engine: { ...saved.engine, baselines } }));
  return next;
};

const alertsOf = (watched: Watched): unknown[] =>
  watched.alerts.map(({ principal, severity, reason }) => [principal, severity, reason]);

/** Two days of what is known, what is held back, and what is new. */
const goOn = (watched: Watched, now: number): void => {
  for (const who of ['a', 'b']) watched.work(now, { every: 20 }, { action: ACTIONS[1] as string }, who);
  watched.use(now + 19 * HOUR, { action: ACTIONS[3] as string }, 'a');
  watched.use(now + 19 * HOUR + MINUTE, { action: ACTIONS[2] as string, result: 'denied' }, 'b');
  watched.use(now + DAY + 9 * HOUR, { action: ACTIONS[2] as string, sourceIp: '203.0.113.9', client: 'curl/8' }, 'b');
  watched.use(now + DAY + 10 * HOUR, { action: ACTIONS[3] as string }, 'b');
};

const stateOf = (watched: Watched, who: string): ArrayBuffer => {
  const found = watched.core.engine.baselines.save().principals.find(([name]) => name === `${who}/api`);
  if (found === undefined) throw new Error(`nothing is known of ${who}`);
  return found[3];
};

const legacyEntries = (state: ArrayBuffer, table: string): number =>
  fieldOf(state, `${table}.hashHigh`)
    .slice(0, fieldOf(state, `${table}.size`)[0])
    .filter((high) => high === 0).length;

describe('what was known under names of 32 bits', () => {
  test('gives the alerts of the days after that it would have given under names of 64', () => {
    const { watched, now } = lived();
    const after = upgraded(watched);
    const told = watched.alerts.length;
    goOn(watched, now);
    goOn(after, now);
    const since = alertsOf(watched).slice(told);
    expect(since.length).toBeGreaterThan(0);
    expect(alertsOf(after).slice(-since.length)).toEqual(since);
  });

  test('gets its new name when it is seen, with the days that it was seen on; of the group, too', () => {
    const { watched, now } = lived();
    const after = upgraded(watched);
    expect(legacyEntries(stateOf(after, 'a'), 'actions')).toBe(3);
    after.use(now + 9 * HOUR, { action: ACTIONS[0] as string }, 'a');
    watched.use(now + 9 * HOUR, { action: ACTIONS[0] as string }, 'a');
    const state = stateOf(after, 'a');
    const { low, high } = NAMES.action(ACTIONS[0] as string);
    expect(fieldOf(state, 'actions.hash')[0]).toBe(low);
    expect(fieldOf(state, 'actions.hashHigh')[0]).toBe(high);
    for (const field of ['days', 'last', 'held', 'size'])
      expect(fieldOf(state, `actions.${field}`), field).toEqual(fieldOf(stateOf(watched, 'a'), `actions.${field}`));
    const [[, group] = []] = after.core.engine.baselines.save().groups;
    expect(fieldOf(group as ArrayBuffer, 'actions.hashHigh')[0]).toBe(high);
  });

  test('is forgotten once it was not seen for 45 days, and what was seen stays', () => {
    const { watched, now } = lived();
    const after = upgraded(watched);
    for (let day = 0; day <= LEGACY_DAYS + 1; day++)
      after.work(now + day * DAY, { every: 60 }, { action: ACTIONS[0] as string }, 'a');
    const state = stateOf(after, 'a');
    expect(legacyEntries(state, 'actions')).toBe(0);
    expect(fieldOf(state, 'actions.size')).toEqual([1]);
    expect(fieldOf(state, 'legacyUntil')).toEqual([0]);
    expect(fieldOf(state, 'networks.size')).toEqual([1]);
  });

  test('and held back becomes normal when the alert of then is closed as benign', () => {
    const { watched, now } = lived();
    const after = upgraded(watched);
    const held = watched.alerts.find(({ principal }) => principal === 'a/api');
    if (held === undefined) throw new Error('a first DROP TABLE is an alert');
    after.core.close(held, 'benign');
    after.use(now + 9 * HOUR, { action: ACTIONS[3] as string }, 'a');
    expect(after.alerts.filter(({ start }) => start >= now)).toEqual([]);
    expect(fieldOf(stateOf(after, 'a'), 'actions.held')).toEqual(new Array(AT.actions.capacity).fill(0));
  });
});
