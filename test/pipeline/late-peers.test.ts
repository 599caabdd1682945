import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import type { CredentialUse } from '../../src/event.ts';
import { integer, seeded } from '../../src/simulate/random.ts';
import { agent, DAY, HOUR, MINUTE, MONDAY } from '../baselines/watched.ts';
import { decisionsOn, observed, SETTLE, scanned } from './late-run.ts';
import { pending, useOf, type World } from './late-world.ts';

/** One agent's log comes in time, those of its peers come by another shipper. */

const DAYS = 11;
const PEERS = ['b', 'c', 'd', 'e', 'f'];
/** The last days' busy hours: the whole group bursts, or the one agent alone. */
const BUSY = [9, 15].map((hour) => MONDAY + 10 * DAY + hour * HOUR);

const work = (name: string, everyMinutes: number): CredentialUse[] => {
  const random = seeded(`peers ${name}`);
  return Array.from({ length: DAYS }, (_, day) => MONDAY + day * DAY + 8 * HOUR).flatMap((begin) =>
    Array.from({ length: (10 * 60) / everyMinutes }, (_empty, at) =>
      useOf(name, begin + at * everyMinutes * MINUTE + 1_000 * integer(random, 0, everyMinutes * 60 - 1)),
    ),
  );
};

const burst = (name: string, at: number): CredentialUse[] =>
  Array.from({ length: 300 }, (_, count) => useOf(name, at + 1_000 * Math.floor(count / 30)));

function worldOf(isGroup: boolean, at: number, everyMinutes = 4): World {
  const own = [...work('a', everyMinutes), ...burst('a', at)];
  const others = PEERS.flatMap((name, place) => [
    ...work(name, everyMinutes),
    ...(isGroup ? burst(name, at + (place + 1) * 40_000) : []),
  ]);
  return {
    sources: ['gateway/0', 'gateway/1'],
    events: [pending(0, own), pending(1, others)],
    end: MONDAY + DAYS * DAY,
    registry: createRegistry(['a', ...PEERS].map((name) => agent(name, { peerGroup: 'shop' }))),
  };
}

const away = (world: World, from: number, length: number) =>
  observed([{ source: 1, from, until: from + length }], 100, SETTLE, undefined, world).alerts;

const decided = (alerts: ReadonlyMap<string, Alert>, world: World) =>
  decisionsOn(alerts, world, [{ severity: 'medium', mode: 'auto' }]).map(({ outcome, because }) => ({
    outcome,
    because,
  }));

const acted = (alerts: ReadonlyMap<string, Alert>, world: World): number =>
  decided(alerts, world).filter(({ outcome }) => outcome === 'auto').length;

test.each(BUSY)('what a whole group does makes no response, in scan and in time: %s', (at) => {
  const world = worldOf(true, at);
  expect(acted(scanned(world), world)).toBe(0);
  expect(acted(observed([], 100, SETTLE, undefined, world).alerts, world)).toBe(0);
});

test.each([24 * 60, 60, 6])('nor while the shipper of all its peers has been away for %s minutes', (minutes) => {
  for (const at of BUSY) {
    const world = worldOf(true, at);
    const alerts = away(world, at - minutes * MINUTE, minutes * MINUTE + 6 * HOUR);
    expect(acted(alerts, world)).toBe(0);
    expect(decided(alerts, world)).toContainEqual({
      outcome: 'approve',
      because: expect.stringMatching(
        /^a person is asked: peers that may explain it have not been heard of since 20.*Z, and max_late is over$/,
      ),
    });
  }
});

test('nor while half of them are away, where one that is there has done the same', () => {
  const [at = 0] = BUSY;
  const { events, ...world } = worldOf(true, at);
  const [own = [], others = []] = events;
  const of = (...names: string[]) => others.filter(({ use }) => names.includes(use.identities[0]?.value ?? ''));
  const steady = (name: string) => pending(2, work(name, 4));
  const inOrderOfTime = (uses: ReturnType<typeof pending>) => uses.toSorted((a, b) => a.use.time - b.use.time);
  const split: World = {
    ...world,
    events: [inOrderOfTime([...own, ...of('b'), ...steady('c')]), inOrderOfTime([...of('d', 'e'), ...steady('f')])],
  };
  expect(acted(scanned(split), split)).toBe(0);
  expect(acted(away(split, at - HOUR, DAY), split)).toBe(0);
});

test('its severity is what it would be without peers, and the alert says for how long they were silent', () => {
  const [at = 0] = BUSY;
  const world = worldOf(true, at);
  const ofA = (alerts: ReadonlyMap<string, Alert>) => [...alerts.values()].filter((alert) => alert.agent === 'a');
  const alone = worldOf(false, at);
  const [expected] = ofA(scanned(alone));
  const [found] = ofA(away(world, at - 3 * HOUR, DAY));
  expect(found?.severity).toBe(expected?.severity);
  expect(found?.lateMs?.[found.severity]).toBeGreaterThan(2 * HOUR);
  expect(expected?.lateMs).toBeUndefined();
});

test.each([2, 20, 60])('one alone acts while its peers work every %s minutes, at every hour of their work', (every) => {
  for (const at of BUSY) {
    const world = worldOf(false, at, every);
    expect(acted(scanned(world), world)).toBe(1);
    expect(acted(observed([], 100, SETTLE, undefined, world).alerts, world)).toBe(1);
  }
});

test('one alone acts at night, when its peers are never heard of', () => {
  const world = worldOf(false, MONDAY + 10 * DAY + 2 * HOUR);
  expect(acted(scanned(world), world)).toBe(1);
});

test('one alone acts two days after its peers were switched off', () => {
  const at = MONDAY + 10 * DAY + 13 * HOUR;
  const { events, ...world } = worldOf(false, at);
  const [own = [], others = []] = events;
  const rest = { ...world, events: [own, others.filter(({ use }) => use.time < at - 2 * DAY - HOUR)] };
  expect(acted(scanned(rest), rest)).toBe(1);
});
