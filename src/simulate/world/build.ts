import { DAY } from '../schedule.ts';
import type { SimulatedUse } from '../use.ts';
import { changesOf } from './changes.ts';
import { clockOf } from './clocks.ts';
import { dayOf, type Surroundings } from './days.ts';
import { type Incident, incidentsOf } from './incidents.ts';
import { membersOf } from './members.ts';
import { DST } from './surprises.ts';
import type { Change, System, WorldAgent, WorldOptions } from './world.ts';

export interface SimulatedWorld {
  readonly options: WorldOptions;
  readonly agents: readonly WorldAgent[];
  readonly changes: readonly Change[];
  readonly incidents: readonly Incident[];
  /** Every use in order of time, one UTC day after the other, so that no more than some days are held at once. */
  readonly uses: () => Generator<UseOf[]>;
}

export interface UseOf {
  readonly system: System;
  readonly use: SimulatedUse;
}

export function buildWorld(options: WorldOptions): SimulatedWorld {
  const agents = membersOf(options);
  const changes = changesOf(options, agents);
  const around: Surroundings = { options, changes, clock: clockOf(options.from, options.surprises.includes(DST.id)) };
  const incidents = incidentsOf(agents, around);
  return { options, agents, changes, incidents, uses: () => dayByDay(agents, incidents, around) };
}

function* dayByDay(
  agents: readonly WorldAgent[],
  incidents: readonly Incident[],
  around: Surroundings,
): Generator<UseOf[]> {
  const { from, days } = around.options;
  const to = from + days * DAY;
  const added = incidents.flatMap(({ agent, uses }) => uses.map((use) => ({ system: agent.archetype.system, use })));
  let pending: UseOf[] = added.filter(({ use }) => use.time >= from && use.time < to);
  // Local dates begin up to 14 h before and 12 h after the UTC one, and work may go on past midnight.
  for (let day = -1; day < days + 2; day += 1) {
    for (const agent of agents) {
      if (day < 0) continue;
      for (const use of dayOf(agent, day, around))
        if (use.time >= from && use.time < to) pending.push({ system: agent.archetype.system, use });
    }
    const settled = from + day * DAY;
    const ready = pending.filter(({ use }) => use.time < settled);
    pending = pending.filter(({ use }) => use.time >= settled);
    yield ready.sort((a, b) => a.use.time - b.use.time);
  }
  yield pending.sort((a, b) => a.use.time - b.use.time);
}
