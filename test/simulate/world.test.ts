import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { DAY, HOUR } from '../../src/simulate/schedule.ts';
import { ATTACK_CLASSES } from '../../src/simulate/world/attacks/registry.ts';
import { buildWorld } from '../../src/simulate/world/build.ts';
import { dayOf } from '../../src/simulate/world/days.ts';
import { labelsOf } from '../../src/simulate/world/labels.ts';
import { type Choice, optionsOf } from '../../src/simulate/world/options.ts';
import { DST, SURPRISES } from '../../src/simulate/world/surprises.ts';

const world = (choice: Choice) => buildWorld(optionsOf(choice));
const SMALL = { seed: 5, days: 8, quietDays: 4, scale: 0.3 };
const CALM = { attacks: 'none', surprises: 'none' };

/** What each agent did, by what its log names. */
const doings = (choice: Choice) => {
  const made = world(choice);
  const byAgent = new Map<string, string[]>(made.agents.map(({ identity }) => [identity, []]));
  for (const uses of made.uses()) {
    for (const { use } of uses) byAgent.get(use.identity.replace(/_2$|X2$/, ''))?.push(JSON.stringify(use));
  }
  return { made, byAgent };
};

describe('a world', () => {
  test('is the same again from the same options, and another from another seed', () => {
    const days = (seed: number) => JSON.stringify([...world({ ...SMALL, seed }).uses()]);
    expect(days(5)).toBe(days(5));
    expect(days(6)).not.toBe(days(5));
  });

  test('is in order of time, and within its days', () => {
    const { options, uses } = world(SMALL);
    const times = [...uses()].flat().map(({ use }) => use.time);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(options.from);
    expect(times.at(-1)).toBeLessThan(options.from + options.days * DAY);
  });

  test('has every attack class in both strengths, on an agent that exists, after the quiet days', () => {
    const made = world({ seed: 2 });
    const { labels, attack_from } = labelsOf(made);
    const found = new Set(labels.map(({ class: attack, strength }) => `${attack} ${strength}`));
    const wanted = ATTACK_CLASSES.flatMap(({ id }) => [`${id} loud`, `${id} careful`]);
    expect(wanted.filter((one) => !found.has(one))).toEqual([]);
    const names = new Set(made.agents.map(({ name }) => name));
    expect(labels.filter(({ agent, start }) => !names.has(agent) || start < attack_from)).toEqual([]);
    expect(labels.filter(({ start, end }) => start > end)).toEqual([]);
  }, 120_000);

  test('careful attackers do less than loud ones', () => {
    const { labels } = labelsOf(world({ seed: 3, surprises: 'none' }));
    const uses = (wanted: string) =>
      labels.filter(({ strength }) => strength === wanted).reduce((sum, one) => sum + one.uses, 0);
    expect(uses('careful') * 2).toBeLessThan(uses('loud'));
  }, 120_000);

  test('has every surprise in it', () => {
    const { benign } = labelsOf(world({ seed: 2, attacks: 'none' }));
    expect(SURPRISES.filter(({ id }) => !benign.some((one) => one.class === `benign-${id}`))).toEqual([]);
  });
});

describe('a surprise that is left out', () => {
  const archetypes = 'office,office-new-york,always-on,retriever,analytics';
  const choice = { seed: 4, days: 36, quietDays: 24, scale: 0.2, attacks: 'none', archetypes };
  const without = doings({ ...choice, surprises: 'none' });

  test.each(SURPRISES.map(({ id }) => id))('changes nothing but what it is: %s', (id) => {
    const withIt = doings({ ...choice, surprises: id });
    const touched = new Set(withIt.made.changes.map(({ group }) => group));
    expect(touched.size).toBeGreaterThan(0);
    const changed = withIt.made.agents.filter(
      ({ identity }) => without.byAgent.get(identity)?.join() !== withIt.byAgent.get(identity)?.join(),
    );
    expect(changed.filter(({ group }) => !touched.has(group))).toEqual([]);
    expect(changed.length).toBeGreaterThan(0);
  });

  test('the change of clocks: before it both worlds are the same, after it an hour lies between them', () => {
    const choice = { seed: 4, archetypes: 'office', scale: 0.2, days: 35, attacks: 'none' };
    const [without, withIt] = [doings({ ...choice, surprises: 'none' }), doings({ ...choice, surprises: DST.id })];
    const times = (made: typeof without) =>
      [...made.byAgent.values()].flat().map((use) => (JSON.parse(use) as { time: number }).time);
    const change = Date.UTC(2026, 9, 25, 1);
    const [a, b] = [times(without), times(withIt)];
    expect(b).toEqual(a.map((time) => (time < change ? time : time + HOUR)));
  });
});

describe('agents keep to what they are', () => {
  const made = world({ seed: 9, days: 28, ...CALM });
  const around = { options: made.options, changes: [], clock: (local: number) => local };
  const days = (id: string) =>
    made.agents
      .filter(({ archetype }) => archetype.id === id)
      .flatMap((agent) => Array.from({ length: 28 }, (_, day) => dayOf(agent, day, around)));

  test('an office works by day on weekdays, nearly always', () => {
    const uses = days('office-kolkata').flat();
    const atWork = uses.filter(({ time }) => {
      const hour = (time % DAY) / HOUR;
      return hour >= 9 && hour < 19.5 && new Date(time).getUTCDay() % 6 !== 0;
    });
    expect(atWork.length / uses.length).toBeGreaterThan(0.93);
  });

  test('pods change their address all the time, within one network; functions have several', () => {
    const networks = (id: string, parts: number) =>
      new Set(days(id).flatMap((uses) => uses.map(({ ip }) => ip.split('.').slice(0, parts).join('.'))));
    expect(networks('pods', 4).size).toBeGreaterThan(30);
    expect(networks('pods', 2).size).toBe(1);
    expect(networks('functions', 4).size).toBeGreaterThan(100);
    expect(networks('functions', 2).size).toBeLessThanOrEqual(4);
  });

  test('a job works on its days only, and what was left there stops', () => {
    const active = (id: string) => days(id).map((uses) => uses.length > 0);
    expect(active('weekly').filter(Boolean)).toHaveLength(3 * 4);
    expect(active('dormant').slice(6, 28)).not.toContain(true);
  });

  test('what fails is tried again, each time after a longer wait', () => {
    const changes = [
      { surprise: 'outage', about: '', group: 'pods-agent', from: 3, to: 4, effect: { failing: { from: 0, to: 24 } } },
    ];
    const agent = made.agents.find(({ group }) => group === 'pods-agent');
    if (agent === undefined) throw new RangeError('no pods');
    const [calm, failing] = [dayOf(agent, 3, around), dayOf(agent, 3, { ...around, changes })];
    expect(failing.filter(({ result }) => result === 'error').length).toBeGreaterThan(calm.length);
    expect(calm.filter(({ result }) => result === 'error').length).toBeLessThan(calm.length / 20);
  });
});

test('an id that no table has is an error that names those there are', () => {
  expect(() => optionsOf({ seed: 1, attacks: 'expotr' })).toThrow(UsageError);
  expect(() => optionsOf({ seed: 1, surprises: '-outage,-dts' })).toThrow(/--surprises -dts: is none of deploy, /);
  expect(optionsOf({ seed: 1, surprises: '-outage' }).surprises).not.toContain('outage');
  expect(optionsOf({ seed: 1, attacks: 'export,destroy' }).attacks).toEqual(['export', 'destroy']);
});
