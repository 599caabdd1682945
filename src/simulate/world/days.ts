import { chance, integer, logNormal, pick, type Random, seeded } from '../random.ts';
import { DAY, HOUR } from '../schedule.ts';
import type { SimulatedUse } from '../use.ts';
import type { Clock } from './clocks.ts';
import { placeOf } from './places.ts';
import { startsOf } from './rhythms.ts';
import { perform, type Task, tasksOf } from './tasks.ts';
import type { Change, Effect, WorldAgent, WorldOptions } from './world.ts';

export interface Surroundings {
  readonly options: WorldOptions;
  readonly changes: readonly Change[];
  readonly clock: Clock;
}

/**
 * What an agent does on one local date; some of it may lie on the UTC day before or after. Each date has a seed of its own: a change on one
 * leaves the others as they are, so that two worlds that differ in one surprise can be compared day by day.
 */
export function dayOf(agent: WorldAgent, day: number, around: Surroundings): SimulatedUse[] {
  if (day < agent.born) return [];
  const { options, clock } = around;
  const { archetype } = agent;
  const random = seeded(`${options.seed}/${agent.name}/${day}`);
  const effects = effectsOn(agent, day, around);
  const date = options.from + day * DAY;
  const mood = logNormal(random, 0.3);
  const growth = (1 + (archetype.growth ?? 0)) ** day;
  const about = { date, day, index: agent.index, members: agent.members };
  const starts = startsOf(archetype.rhythm, { ...about, tasks: archetype.tasks * agent.rate * mood * growth }, random);
  if (effects.some(({ closed }) => closed)) return [];
  const uses: SimulatedUse[] = [];
  for (const start of starts) uses.push(...taskAt(agent, day, start, effects, around, random));
  // What a surprise adds draws from a stream of its own: the rest of the day stays as it was.
  for (const effect of effects) uses.push(...addedBy(effect, agent, day, starts, effects, around));
  return uses.map((use) => ({ ...use, time: Math.round(clock(use.time, archetype.zone)) }));
}

export const effectsOn = (agent: WorldAgent, day: number, { changes }: Surroundings): Effect[] =>
  changes
    .filter(
      ({ group, from, to, effect }) =>
        group === agent.group &&
        day >= from &&
        day < to &&
        agent.index < Math.ceil((effect.members ?? 1) * agent.members),
    )
    .map(({ effect }) => effect);

function addedBy(
  effect: Effect,
  agent: WorldAgent,
  day: number,
  starts: readonly number[],
  effects: readonly Effect[],
  around: Surroundings,
): SimulatedUse[] {
  const { seed, from } = around.options;
  const random = seeded(`${seed}/${agent.name}/${day}/added`);
  const uses: SimulatedUse[] = [];
  const perform = (start: number, task?: Task) =>
    uses.push(...taskAt(agent, day, start, effects, around, random, task));
  if (effect.volume !== undefined)
    for (const start of starts)
      for (let more = effect.volume - 1; more > 0; more -= 1)
        if (chance(random, more)) perform(start + (random() - 0.5) * HOUR);
  if (effect.learns) {
    const learned = tasksOf(`${seed}/${agent.group}/learned`, agent.archetype.system, 1)[0];
    for (const start of starts) if (chance(random, 0.25)) perform(start + random() * HOUR, learned);
  }
  if (effect.called && chance(random, effect.called.share)) {
    let at = from + day * DAY + integer(random, 0, 4) * HOUR + random() * HOUR;
    for (let left = effect.called.tasks; left > 0; left -= 1) {
      perform(at);
      at += (random() * HOUR) / 6;
    }
  }
  return uses;
}

/** One task that starts then; times are local. */
export function taskAt(
  agent: WorldAgent,
  day: number,
  start: number,
  effects: readonly Effect[],
  around: Surroundings,
  random: Random,
  own?: Task,
): SimulatedUse[] {
  const { options } = around;
  const renamed = effects.some((effect) => effect.renamed);
  const tasks = renamed
    ? tasksOf(`${options.seed}/${agent.archetype.id}`, agent.archetype.system, agent.archetype.kinds, 'v2')
    : agent.tasks;
  const task = own ?? (tasks[pick(random, agent.shares)] as Task);
  const change = { moved: effects.some(({ moved }) => moved), upgraded: effects.some(({ upgraded }) => upgraded) };
  const place = placeOf(agent, options.seed, day, change, random);
  const size = effects.reduce((product, effect) => product * (effect.size ?? 1), agent.archetype.size ?? 1);
  const midnight = options.from + day * DAY;
  const fails = (time: number) =>
    effects.some(
      ({ failing }) =>
        failing !== undefined && time >= midnight + failing.from * HOUR && time < midnight + failing.to * HOUR,
    );
  const rotated = effects.some((effect) => effect.rotated);
  const identity = rotated ? nextIdentity(agent) : agent.identity;
  return perform(task, start, place, { identity, size, fails }, random);
}

/** What the log names once the credential has been replaced. */
export const nextIdentity = ({ identity, archetype }: WorldAgent): string =>
  archetype.system === 'vault' ? `${identity.slice(0, 22)}X2` : `${identity}_2`;
