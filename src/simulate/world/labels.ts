import { DAY } from '../schedule.ts';
import type { SimulatedWorld } from './build.ts';

/** `labels.json`: what happened, for whoever compares it with alerts. */
export interface Labels {
  readonly labels: readonly {
    readonly class: string;
    readonly strength: string;
    readonly agent: string;
    readonly credential: string;
    /** ISO 8601, UTC: the first and the last use that belongs to it. */
    readonly start: string;
    readonly end: string;
    readonly uses: number;
  }[];
  readonly benign: readonly {
    readonly class: string;
    readonly group: string;
    readonly about: string;
    readonly from_day: number;
    readonly to_day: number;
  }[];
  readonly principals: number;
  readonly days: number;
  readonly attack_from: string;
}

export const labelsOf = ({ agents, changes, incidents, options }: SimulatedWorld): Labels => ({
  labels: incidents
    .map(({ attack, strength, agent, uses, start, end }) => ({
      class: attack,
      strength,
      agent: agent.name,
      credential: agent.credential,
      start: iso(start),
      end: iso(end),
      uses: uses.length,
    }))
    .sort((a, b) => (a.start < b.start ? -1 : 1)),
  benign: changes.map(({ surprise, about, group, from, to }) => ({
    class: `benign-${surprise}`,
    group,
    about,
    from_day: from,
    to_day: to,
  })),
  principals: agents.length,
  days: options.days,
  attack_from: iso(options.from + options.quietDays * DAY),
});

const iso = (time: number): string => new Date(time).toISOString();
