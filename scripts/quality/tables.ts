import { SEVERITIES } from '../../src/detectors/finding.ts';
import type { Calibration } from './calibration.ts';
import { type Interval, poissonInterval, quantile, wilson } from './intervals.ts';
import type { Results } from './jobs.ts';
import { counts, type Outcome, type Score } from './score.ts';

export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');

const fixed = (value: number, digits = 2): string => value.toFixed(digits);
const between = ([low, high]: Interval, digits = 2): string => `${fixed(low, digits)}–${fixed(high, digits)}`;
const seconds = (value: number | undefined): string =>
  value === undefined
    ? '-'
    : value < 120
      ? `${fixed(value, 0)} s`
      : value < 7_200
        ? `${fixed(value / 60, 0)} min`
        : `${fixed(value / 3_600, 1)} h`;
const perThousand = (count: number, days: number): string => {
  const [low, high] = poissonInterval(count);
  return `${fixed((1_000 * count) / days)} (${between([(1_000 * low) / days, (1_000 * high) / days])})`;
};

/** Several worlds as one. */
export const together = (scores: readonly Score[]): Score => ({
  outcomes: scores.flatMap(({ outcomes }) => outcomes),
  falseAlerts: scores.flatMap(({ falseAlerts }) => falseAlerts),
  ofSources: scores.reduce((sum, { ofSources }) => sum + ofSources, 0),
  principalDays: scores.reduce((sum, { principalDays }) => sum + principalDays, 0),
  groups: scores.reduce<Record<string, number>>((sum, { groups }) => {
    for (const [group, days] of Object.entries(groups)) sum[group] = (sum[group] ?? 0) + days;
    return sum;
  }, {}),
});

const found = (outcomes: readonly Outcome[]): Outcome[] => outcomes.filter((one) => one.found !== undefined);

/** Recall and false alerts as a sentence of numbers. */
export function summary({ outcomes, falseAlerts, principalDays }: Score): string[] {
  const hits = found(outcomes);
  const alerts = hits.reduce((sum, one) => sum + one.alerts, 0);
  return [
    `${hits.length}/${outcomes.length} = ${fixed(hits.length / Math.max(1, outcomes.length), 3)} (${between(wilson(hits.length, outcomes.length), 3)})`,
    perThousand(falseAlerts.filter(counts).length, principalDays),
    fixed(alerts / Math.max(1, hits.length)),
    principalDays.toLocaleString('en-US', { maximumFractionDigits: 0 }),
  ];
}

export const SUMMARY = [
  'recall (95 %)',
  'false alerts of medium or above per 1,000 principal-days (95 %)',
  'alerts per attack found',
  'principal-days',
];

const times = (outcomes: readonly Outcome[]): string[] => {
  const opened = outcomes.flatMap((one) => one.opened ?? []);
  const medium = outcomes.flatMap((one) => one.found ?? []);
  return [quantile(opened, 0.5), quantile(opened, 0.9), quantile(medium, 0.5), quantile(medium, 0.9)].map(seconds);
};

export function byClass({ outcomes }: Score): string {
  const classes = [...Map.groupBy(outcomes, ({ attack }) => attack)].sort(([a], [b]) => (a < b ? -1 : 1));
  const share = (own: readonly Outcome[]): string => (own.length === 0 ? '-' : `${found(own).length}/${own.length}`);
  return table(
    ['attack', 'found', 'recall (95 %)', 'loud', 'careful', 'opened: median', 'p90', 'medium: median', 'p90'],
    classes.map(([attack, own]) => [
      attack,
      share(own),
      `${fixed(found(own).length / own.length)} (${between(wilson(found(own).length, own.length))})`,
      share(own.filter(({ strength }) => strength === 'loud')),
      share(own.filter(({ strength }) => strength === 'careful')),
      ...times(own),
    ]),
  );
}

export const bySeverity = ({ falseAlerts, principalDays }: Score): string =>
  table(
    ['severity', 'false alerts', 'per 1,000 principal-days (95 %)'],
    SEVERITIES.map((wanted) => {
      const count = falseAlerts.filter(({ severity }) => severity === wanted).length;
      return [wanted, String(count), perThousand(count, principalDays)];
    }),
  );

export function byArchetype({ outcomes, falseAlerts, groups }: Score): string {
  return table(
    ['archetype', 'found', 'false alerts of medium or above', 'per 1,000 principal-days (95 %)'],
    Object.entries(groups).map(([group, days]) => {
      const own = outcomes.filter((one) => one.group === group);
      const count = falseAlerts.filter((one) => one.group === group && counts(one)).length;
      return [
        group.replace(/-agent$/, ''),
        `${found(own).length}/${own.length}`,
        String(count),
        perThousand(count, days),
      ];
    }),
  );
}

/** Which detectors stand in false alerts, and in hits. */
export function byDetector({ outcomes, falseAlerts }: Score, alone: ReadonlyMap<string, Score>): string {
  const ids = [...new Set([...alone.keys(), ...outcomes.flatMap(({ by }) => by)])].sort();
  return table(
    [
      'detector',
      'takes part in hits',
      'only one in a hit',
      'in false alerts of medium or above',
      'alone: recall',
      'alone: false per 1,000 principal-days',
    ],
    ids.map((id) => {
      const own = alone.get(id);
      const hits = found(outcomes).filter(({ by }) => by.includes(id));
      return [
        id,
        String(hits.length),
        String(hits.filter(({ by }) => by.length === 1).length),
        String(falseAlerts.filter((one) => counts(one) && one.detectors.includes(id)).length),
        own === undefined ? '-' : `${found(own.outcomes).length}/${own.outcomes.length}`,
        own === undefined ? '-' : perThousand(own.falseAlerts.filter(counts).length, own.principalDays),
      ];
    }),
  );
}

export function calibrationTable({ days, detectors }: Calibration): string {
  const rows = Object.entries(detectors).flatMap(([id, points]) =>
    points.map(({ bits, inUse, reached }) => {
      const expected = days * 2 ** -bits;
      const [low, high] = poissonInterval(reached).map((bound) => bound / expected) as [number, number];
      const verdict = expected < 5 ? 'too few expected' : high < 0.5 ? 'too quiet' : low > 2 ? 'too loud' : 'within';
      return [
        id,
        `${bits}${inUse ? ' (medium)' : ''}`,
        fixed(expected, 1),
        String(reached),
        `${fixed(reached / expected)} (${between([low, high])})`,
        verdict,
      ];
    }),
  );
  return table(['detector', 'bits', 'expected', 'observed', 'observed / expected (95 %)', '[½, 2]'], rows);
}

export function pairTable(pairs: readonly Results['pair'][]): string {
  const rows = [...Map.groupBy(pairs, ({ surprise }) => surprise)].map(([surprise, own]) => {
    const sum = (value: (one: Results['pair']) => number) => own.reduce((total, one) => total + value(one), 0);
    const [before, after] = [sum(({ without }) => without.above), sum((one) => one.with.above)];
    const [lowBefore, lowAfter] = [sum(({ without }) => without.low), sum((one) => one.with.low)];
    const difference = (a: number, b: number) => `${b > a ? '+' : ''}${b - a}`;
    return [
      surprise,
      String(own.length),
      `${before} → ${after} (${difference(before, after)})`,
      `${lowBefore} → ${lowAfter} (${difference(lowBefore, lowAfter)})`,
    ];
  });
  return table(['surprise', 'worlds', 'medium or above: without → with', 'low: without → with'], rows);
}
