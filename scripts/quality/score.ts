import { SEVERITIES, type Severity, severityRank } from '../../src/detectors/finding.ts';
import { HOUR, MINUTE } from '../../src/simulate/schedule.ts';
import type { Labels } from '../../src/simulate/world/labels.ts';
import type { Seen } from './detect.ts';

/** What became of one attack. */
export interface Outcome {
  readonly attack: string;
  readonly strength: string;
  readonly group: string;
  /** Seconds from its first use to an alert's opening, and to one of medium; absent where there was none. */
  readonly opened?: number;
  readonly found?: number;
  /** Alerts of medium or above on it. */
  readonly alerts: number;
  /** Detectors whose findings stand in them. */
  readonly by: readonly string[];
}

export interface FalseAlert {
  readonly agent: string;
  readonly group: string;
  readonly severity: Severity;
  readonly at: number;
  readonly detectors: readonly string[];
  readonly reason: string;
}

export interface Score {
  readonly outcomes: readonly Outcome[];
  readonly falseAlerts: readonly FalseAlert[];
  /** Alerts about sources, which belong to no agent. */
  readonly ofSources: number;
  readonly principalDays: number;
  /** Principal-days of each group. */
  readonly groups: Readonly<Record<string, number>>;
}

const isMedium = (severity: Severity): boolean => severityRank(severity) >= SEVERITIES.indexOf('medium');
/** `office-agent-3` is one of `office-agent`. */
const groupOf = (agent: string): string => agent.replace(/-\d+$/, '');

/** As score.py has it: an alert is a hit from a minute before an attack of its agent until two hours after. */
export function score(alerts: readonly Seen[], { labels, principals, days }: Labels, agents: readonly string[]): Score {
  const own = alerts.filter(({ principal }) => !principal.startsWith('source/'));
  const hits = labels.map(() => [] as { seen: Seen; at: number }[]);
  const opened = labels.map(() => [] as number[]);
  const falseAlerts: FalseAlert[] = [];
  for (const seen of own) {
    const agent = seen.agent ?? seen.principal;
    const risen = seen.rises.find(({ severity }) => isMedium(severity))?.at;
    const index = labels.findIndex((label) => label.agent === agent && within(label, risen ?? seen.openedAt));
    if (index < 0) {
      const { severity, detectors, reason } = seen;
      falseAlerts.push({ agent, group: groupOf(agent), severity, at: seen.openedAt, detectors, reason });
      continue;
    }
    // An alert that was running before the attack tells of it only by what is added.
    if (within(labels[index] as Label, seen.openedAt)) opened[index]?.push(seen.openedAt);
    if (risen !== undefined) hits[index]?.push({ seen, at: risen });
  }
  const outcomes = labels.map((label, index): Outcome => {
    const start = Date.parse(label.start);
    const found = hits[index] ?? [];
    const since = (times: readonly number[]): number => Math.max(0, (Math.min(...times) - start) / 1_000);
    const openings = opened[index] ?? [];
    return {
      attack: label.class,
      strength: label.strength ?? '',
      group: groupOf(label.agent),
      ...(openings.length > 0 && { opened: since(openings) }),
      ...(found.length > 0 && { found: since(found.map(({ at }) => at)) }),
      alerts: found.length,
      by: [...new Set(found.flatMap(({ seen }) => seen.detectors))],
    };
  });
  const groups = Object.fromEntries(
    [...Map.groupBy(agents, groupOf)].map(([group, members]) => [group, members.length * days]),
  );
  return { outcomes, falseAlerts, ofSources: alerts.length - own.length, principalDays: principals * days, groups };
}

type Label = Labels['labels'][number];

const within = ({ start, end }: Label, time: number): boolean =>
  time >= Date.parse(start) - MINUTE && time <= Date.parse(end) + 2 * HOUR;

/** Whether it would have been seen: medium or above. */
export const counts = ({ severity }: FalseAlert): boolean => isMedium(severity);
