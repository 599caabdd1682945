import { integer, type Random, seeded } from '../random.ts';
import type { Place } from './tasks.ts';
import type { WorldAgent } from './world.ts';

export interface PlaceChange {
  readonly moved: boolean;
  readonly upgraded: boolean;
}

/** Where an agent runs on a day of the world; `random` chooses among its pods or functions. */
export function placeOf(
  agent: WorldAgent,
  seed: number,
  day: number,
  { moved, upgraded }: PlaceChange,
  random: Random,
): Place {
  const { archetype, deployments, group, name, network } = agent;
  const deployed = deployments.filter((at) => at <= day).length;
  const client = `${group}/${upgraded ? 3 : 2}.${deployed}.0`;
  if (moved) return { ip: leaving(seed, group, 'moved'), client };
  switch (archetype.hosting) {
    case 'host': {
      const host = seeded(`${seed}/${name}/host/${deployed}`);
      return { ip: `${network}.${integer(seeded(`${seed}/${group}/subnet`), 0, 15)}.${integer(host, 2, 254)}`, client };
    }
    case 'pods': {
      const pod = seeded(`${seed}/${name}/pod/${deployed}/${day}/${integer(random, 0, 2)}`);
      return { ip: `${network}.${integer(pod, 0, 15)}.${integer(pod, 2, 254)}`, client };
    }
    case 'functions': {
      const pool = seeded(`${seed}/${group}/pool/${integer(random, 0, 3)}`);
      return {
        ip: `44.${integer(pool, 192, 255)}.${16 * integer(pool, 0, 15) + integer(random, 0, 15)}.${integer(random, 2, 254)}`,
        client,
      };
    }
  }
}

/** One address for a whole group. */
function leaving(seed: number, group: string, what: string): string {
  const random = seeded(`${seed}/${group}/${what}`);
  return `192.0.2.${integer(random, 2, 254)}`;
}
