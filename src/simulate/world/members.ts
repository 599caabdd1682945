import { exponential, logNormal, seeded } from '../random.ts';
import { ARCHETYPES, type Archetype } from './archetypes.ts';
import { tasksOf } from './tasks.ts';
import type { WorldAgent, WorldOptions } from './world.ts';

/** Everybody in a world, by archetype: one group of peers each. */
export const membersOf = (options: WorldOptions): WorldAgent[] =>
  ARCHETYPES.filter(({ id }) => options.archetypes.includes(id)).flatMap((archetype) => groupOf(archetype, options));

function groupOf(archetype: Archetype, { seed, scale, days }: WorldOptions): WorldAgent[] {
  const own = `${seed}/${archetype.id}`;
  const random = seeded(`${own}/group`);
  const network = `10.${20 + ARCHETYPES.indexOf(archetype)}`;
  const deployments: number[] = [];
  for (
    let day = exponential(random, archetype.deployedEvery);
    day < days;
    day += 1 + exponential(random, archetype.deployedEvery)
  )
    deployments.push(Math.floor(day));
  const members = Math.max(1, Math.round(archetype.members * scale));
  const newborns = Math.round(members * (archetype.newborn ?? 0));
  const group = `${archetype.id}-agent`;
  const tasks = tasksOf(own, archetype.system, archetype.kinds);
  return Array.from({ length: members }, (_, index) => {
    const name = `${group}-${index + 1}`;
    const taste = seeded(`${seed}/${name}/taste`);
    const late = index - (members - newborns) + 1;
    return {
      name,
      group,
      index,
      members,
      archetype,
      tasks,
      shares: sharesOf(tasks.map((_task, rank) => logNormal(taste, 0.5) / (rank + 1))),
      rate: logNormal(taste, 0.3),
      born: late > 0 ? Math.round((days * late) / (newborns + 1)) : 0,
      identity: identityOf(name, archetype),
      credential: `cred-${name}`,
      network,
      deployments,
    };
  });
}

function sharesOf(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return sum / total;
  });
}

function identityOf(name: string, { system }: Archetype): string {
  if (system === 'http') return `key-${name}`;
  return system === 'sql' ? name.replaceAll('-', '_') : `Sim${name.replaceAll('-', '')}AccessorXXXXXXXXX`.slice(0, 24);
}
