import { chance, choice, integer, type Random, seeded, uniform } from '../random.ts';
import { DAY, HOUR } from '../schedule.ts';
import type { SimulatedUse, Template } from '../use.ts';
import { ATTACK_CLASSES } from './attacks/registry.ts';
import type { AttackClass, Scene } from './attacks/scene.ts';
import { dayOf, effectsOn, nextIdentity, type Surroundings, taskAt } from './days.ts';
import { placeOf } from './places.ts';
import type { Strength, WorldAgent } from './world.ts';

/** One attack on one agent: what it did, and when. */
export interface Incident {
  readonly attack: string;
  readonly strength: Strength;
  readonly agent: WorldAgent;
  readonly uses: readonly SimulatedUse[];
  readonly start: number;
  readonly end: number;
}

/** Attacks are drawn each from a seed of its own; no agent is hit again within two days. */
export function incidentsOf(agents: readonly WorldAgent[], around: Surroundings): Incident[] {
  const { options } = around;
  const hit = new Map<string, { from: number; to: number }[]>();
  const incidents: Incident[] = [];
  for (const attack of ATTACK_CLASSES.filter(({ id }) => options.attacks.includes(id))) {
    for (const strength of options.strengths) {
      const random = seeded(`${options.seed}/attack/${attack.id}/${strength}`);
      const elsewhere = thief(random);
      const together: number | undefined = (attack.victims ?? 1) > 1 ? dayFor(attack, random, around) : undefined;
      for (let victim = 0; victim < (attack.victims ?? 1); victim += 1) {
        const found = chosen(attack, agents, hit, together, random, around);
        if (found === undefined) continue;
        const incident = played(attack, strength, found.agent, found.day, elsewhere, agents, random, around);
        if (incident === undefined) continue;
        const days = hit.get(found.agent.name) ?? [];
        hit.set(found.agent.name, [...days, { from: found.day, to: found.day + (attack.days ?? 1) }]);
        incidents.push(incident);
      }
    }
  }
  return incidents;
}

const thief = (random: Random) => ({
  ip: `${choice(random, ['45.83', '185.220', '193.32', '203.0', '104.28'])}.${integer(random, 1, 254)}.${integer(random, 2, 254)}`,
  client: choice(random, ['curl/8.9.1', 'python-requests/2.32.3', 'psql', 'Go-http-client/1.1', 'DBeaver 24.1']),
});

const dayFor = (attack: AttackClass, random: Random, { options }: Surroundings): number =>
  integer(random, options.quietDays, Math.max(options.quietDays, options.days - (attack.days ?? 1) - 1));

/** A victim that is there, at work, and was left alone lately; those that were hit least come first. */
function chosen(
  attack: AttackClass,
  agents: readonly WorldAgent[],
  hit: ReadonlyMap<string, readonly { from: number; to: number }[]>,
  together: number | undefined,
  random: Random,
  around: Surroundings,
) {
  const fitting = agents.filter(
    ({ archetype }) => attack.systems.includes(archetype.system) && (attack.archetypes?.includes(archetype.id) ?? true),
  );
  const order = fitting
    .map((agent) => ({ agent, rank: (hit.get(agent.name)?.length ?? 0) + random() }))
    .sort((a, b) => a.rank - b.rank);
  for (const { agent } of order) {
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const day = together ?? dayFor(attack, random, around);
      const to = day + (attack.days ?? 1);
      const left = (hit.get(agent.name) ?? []).every((span) => to + 2 <= span.from || day >= span.to + 2);
      if (
        agent.born <= day - (attack.id === 'cold-start' ? 0 : Math.min(10, around.options.quietDays)) &&
        left &&
        fits(attack, agent, day, around)
      )
        return { agent, day };
    }
  }
  return undefined;
}

/** Whether that day is one on which this attack makes sense. */
function fits({ when, archetypes = [] }: AttackClass, agent: WorldAgent, day: number, around: Surroundings): boolean {
  const weekday = new Date(around.options.from + day * DAY).getUTCDay();
  const isWeekend = weekday % 6 === 0;
  if (when === 'weekend') return isWeekend;
  if (when === 'night' || archetypes.includes('dormant')) return true;
  if (when === 'other-hour') return agent.archetype.id !== 'weekly' || weekday === 3;
  return dayOf(agent, day, around).length >= 12;
}

function played(
  attack: AttackClass,
  strength: Strength,
  agent: WorldAgent,
  day: number,
  elsewhere: Scene['elsewhere'],
  agents: readonly WorldAgent[],
  random: Random,
  around: Surroundings,
): Incident | undefined {
  const { options } = around;
  const midnight = options.from + day * DAY;
  const own = usualDay(agent, day, around);
  const at = attack.archetypes?.includes('dormant')
    ? midnight + uniform(random, 8, 16) * HOUR
    : beginning(attack, agent, day, dayOf(agent, day, around), random, around);
  const effects = effectsOn(agent, day, around);
  const change = { moved: effects.some(({ moved }) => moved), upgraded: effects.some(({ upgraded }) => upgraded) };
  const scene: Scene = {
    agent,
    at,
    strength,
    random,
    place: placeOf(agent, options.seed, day, change, random),
    identity: effects.some(({ rotated }) => rotated) ? nextIdentity(agent) : agent.identity,
    day: own,
    strangers: strangersOf(agent, agents, random),
    task: (start) => taskAt(agent, day, start, effects, around, random),
    elsewhere,
  };
  const uses = attack.act(scene).filter(({ time }) => time < options.from + options.days * DAY);
  if (uses.length === 0) return undefined;
  const times = uses.map(({ time }) => time);
  return { attack: attack.id, strength, agent, uses, start: Math.min(...times), end: Math.max(...times) };
}

/** What it does on the first day from then backwards on which it works. */
function usualDay(agent: WorldAgent, day: number, around: Surroundings): SimulatedUse[] {
  for (let back = 0; back < 8; back += 1) {
    const uses = dayOf(agent, day - back, { ...around, changes: [] });
    if (uses.length > 0) return uses;
  }
  return [];
}

/** UTC time at which the attack begins. */
function beginning(
  { when }: AttackClass,
  agent: WorldAgent,
  day: number,
  uses: readonly SimulatedUse[],
  random: Random,
  { clock, options }: Surroundings,
): number {
  const midnight = options.from + day * DAY;
  const local = (hour: number): number => Math.round(clock(midnight + hour * HOUR, agent.archetype.zone));
  if (when === 'night') return local(uniform(random, 1, 4));
  if (when === 'weekend') return local(uniform(random, 10, 15));
  if (when === 'morning') return local(uniform(random, 7.5, 9));
  if (when === 'other-hour') {
    const { rhythm } = agent.archetype;
    return local(((rhythm.kind === 'job' ? rhythm.hour : 0) + uniform(random, 7, 12)) % 24);
  }
  const times = uses.map(({ time }) => time).sort((a, b) => a - b);
  if (when === 'pause') {
    const gaps = times
      .slice(1)
      .map((time, index) => ({ start: times[index] as number, length: time - (times[index] as number) }));
    const longest = gaps.sort((a, b) => b.length - a.length)[0];
    return longest === undefined ? local(12) : Math.round(longest.start + longest.length * uniform(random, 0.15, 0.3));
  }
  const middle = times.slice(Math.floor(times.length * 0.1), Math.ceil(times.length * 0.8));
  return (middle[integer(random, 0, Math.max(0, middle.length - 1))] ?? local(11)) + integer(random, 500, 90_000);
}

/** Calls of other groups on the same kind of server, none of which its own group makes. */
function strangersOf(agent: WorldAgent, agents: readonly WorldAgent[], random: Random): Template[] {
  const { system } = agent.archetype;
  const key = ({ action }: Template): string => JSON.stringify(action);
  const templatesOf = (one: WorldAgent): Template[] =>
    one.tasks.flatMap(({ steps }) => steps.map(({ template }) => template));
  const own = new Set(
    agents
      .filter(({ group }) => group === agent.group)
      .flatMap(templatesOf)
      .map(key),
  );
  const groups = new Map(
    agents.filter((one) => one.group !== agent.group && one.archetype.system === system).map((one) => [one.group, one]),
  );
  const found = [...groups.values()].flatMap(templatesOf).filter((template) => !own.has(key(template)));
  // With one group of a system there are no others: doors of another kind of work, made from its own.
  if (found.length === 0) return templatesOf(agent).map((template) => elsewhere(template));
  return found
    .map((template) => ({ template, rank: random() + (chance(random, 0.5) ? 0 : 0.1) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ template }) => template);
}

function elsewhere(template: Template): Template {
  const { action } = template;
  if (action.kind === 'vault')
    return {
      ...template,
      action: {
        ...action,
        path: action.path.replace('/data/', '/data/partners/').replace('/creds/', '/creds/partners-'),
      },
    };
  if (action.kind === 'http')
    return { ...template, action: { ...action, path: action.path.replace('/v1/', '/v1/partners/') } };
  return { ...template, action: { ...action, tables: action.tables.map((table) => `${table}_partners`) } };
}
