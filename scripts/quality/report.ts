import type { Calibration } from './calibration.ts';
import { rivalsList, sideBySide } from './compare.ts';
import type { Cost, Results } from './jobs.ts';
import type { Score } from './score.ts';
import {
  byArchetype,
  byClass,
  byDetector,
  bySeverity,
  calibrationTable,
  pairTable,
  SUMMARY,
  summary,
  table,
  together,
} from './tables.ts';

/** All that was measured. */
export interface Measured {
  readonly commit: string;
  readonly seeds: {
    readonly training: readonly number[];
    readonly evaluation: readonly number[];
    readonly calm: readonly number[];
    readonly pairs: readonly number[];
  };
  readonly training: readonly Results['world'][];
  readonly worlds: readonly Results['world'][];
  /** Other labelled data by name. */
  readonly others: ReadonlyMap<string, readonly Results['world'][]>;
  readonly calibration: Calibration;
  readonly calm: readonly Results['calm'][];
  readonly alone: ReadonlyMap<string, Score>;
  readonly pairs: readonly Results['pair'][];
}

const range = (seeds: readonly number[]): string => (seeds.length === 0 ? 'none' : `${seeds[0]}–${seeds.at(-1)}`);

export function report(measured: Measured): string {
  const { worlds, others, calm, calibration, alone, pairs, training, seeds } = measured;
  const own = together(worlds.map(({ score }) => score));
  const quiet = together(calm.map(({ score }) => score));
  const named = [...others].map(([name, results]) => ({
    name,
    results,
    score: together(results.map(({ score }) => score)),
  }));
  return `# Quality

What detection finds, what it gets wrong, and how long it takes. Written by \`npm run quality\` at commit ${measured.commit}; run it again rather than edit it.
Worlds are those of \`wayward simulate\`, which shares no constants with the detectors. Seeds: training ${range(seeds.training)} (rivals are tuned there), evaluation
${range(seeds.evaluation)}, calm ${range(seeds.calm)}, pairs ${range(seeds.pairs)}: nothing is fitted on the last three. An alert counts from *medium* on, and is a hit from a minute before an
attack of its agent until two hours after. Shares have Wilson's 95 % intervals, rates Poisson's.

## In short

${table(['data', ...SUMMARY], [['worlds with attacks and surprises', ...summary(own)], ...named.map(({ name, score }) => [name, ...summary(score)]), ['calm worlds: no attack, no surprise', ...summary(quiet)]])}

## Where we lose

${losses(own, measured)}

## By attack class

${byClass(own)}

## False alerts by severity

${bySeverity(own)}

In calm worlds, where nothing happens:

${bySeverity(quiet)}

## By archetype

${byArchetype(own)}

## Benign surprises, with and without

The same world twice, once with the surprise. Alerts that only come with it:

${pairTable(pairs)}

${added(pairs)}

## Calibration

A detector that says b bits says that one benign principal-day in 2^b shows as much. Here is how many did, of ${calibration.days.toLocaleString('en-US')} principal-days with 14 days of history or more
in calm worlds. "(medium)" is the threshold in use.

${calibrationTable(calibration)}

![Observed over nominal for each detector](quality-calibration.svg)

## By detector

"Alone" is the shipped set without all others, on training world ${range(seeds.training.slice(0, 1))}. Detectors that take part in one alert are each counted.

${byDetector(own, alone)}

## Cost

${costs(
  worlds.map(({ cost }) => cost),
  calm,
)}

## Side by side

The same events, rivals tuned on the training worlds, counted by the same rules (two hours without anything ends an alert). A rival that looks at whole hours knows at the end of one.

${rivalsList()}

${[['worlds', worlds] as const, ...named.map(({ name, results }) => [name, results] as const)].map(([name, results]) => `### ${name}\n\n${sideBySide(results, training)}`).join('\n\n')}
${named.map(({ name, score }) => `\n## ${name}, by class\n\n${byClass(score)}\n\n${bySeverity(score)}\n`).join('')}`;
}

/** Below these, a figure is a loss that the first page says. */
const LEAST_RECALL = 0.8;

function losses(own: Score, { pairs, calibration, worlds, training, others }: Measured): string {
  const classes = [...Map.groupBy(own.outcomes, ({ attack }) => attack)]
    .map(([attack, all]) => ({ attack, share: all.filter(({ found }) => found !== undefined).length / all.length }))
    .filter(({ share }) => share < LEAST_RECALL)
    .sort((a, b) => a.share - b.share);
  const weak = classes.map(({ attack, share }) => `${attack} ${(100 * share).toFixed(0)} %`).join(', ');
  const surprising = [...Map.groupBy(pairs, ({ surprise }) => surprise)]
    .map(([surprise, all]) => ({ surprise, more: all.reduce((sum, one) => sum + one.added.length, 0) }))
    .filter(({ more }) => more > 0);
  const outside = calibrationTable(calibration)
    .split('\n')
    .filter((line) => /too (quiet|loud)/.test(line))
    .map((line) => line.split(' | ').slice(0, 2).join(' at ').replace('| ', ''));
  const better = [['worlds', worlds] as const, ...others].flatMap(([name, results]) => beaten(name, results, training));
  return [
    weak === ''
      ? `- Every class of attack is found in ${100 * LEAST_RECALL} % or more.`
      : `- Found in less than ${100 * LEAST_RECALL} %: ${weak}.`,
    surprising.length === 0
      ? '- No surprise adds an alert above low.'
      : `- Surprises that add alerts above low: ${surprising.map(({ surprise, more }) => `${surprise} ${more}`).join(', ')}.`,
    outside.length === 0
      ? '- No interval of the calibration lies outside [½, 2] as a whole.'
      : `- Outside [½, 2] as a whole: ${outside.join('; ')} bits.`,
    better.length === 0
      ? '- No rival finds more with no more false alerts.'
      : `- Rivals that find more with no more false alerts: ${better.join('; ')}.`,
  ].join('\n');
}

/** Rivals that are better in both at one of their settings. */
function beaten(name: string, results: readonly Results['world'][], training: readonly Results['world'][]): string[] {
  const rows = sideBySide(results, training).split('\n').slice(2);
  const figures = rows.map((row) => row.split(' | '));
  const recall = (cells: readonly string[]) => Number(/= ([\d.]+)/.exec(cells[2] ?? '')?.[1]);
  const wrong = (cells: readonly string[]) => Number.parseFloat(cells[3] ?? '');
  const [ours = [], ...others] = figures;
  return others
    .filter((cells) => recall(cells) > recall(ours) && wrong(cells) <= wrong(ours))
    .map((cells) => `${name}: ${cells[0]?.replace('| ', '')} (${cells[1]})`);
}

function added(pairs: readonly Results['pair'][]): string {
  const all = pairs.flatMap(({ surprise, seed, added: own }) => own.map((alert) => ({ surprise, seed, ...alert })));
  if (all.length === 0) return 'None is above low.';
  const shown = all
    .slice(0, 40)
    .map(({ surprise, seed, severity, reason }) => `- ${surprise}, seed ${seed}, ${severity}: ${reason}`);
  return [
    `${all.length} above low${all.length > shown.length ? `; the first ${shown.length}` : ''}:`,
    '',
    ...shown,
  ].join('\n');
}

function costs(worlds: readonly Cost[], calm: readonly Results['calm'][]): string {
  const sum = (value: (cost: Cost) => number): number => worlds.reduce((total, cost) => total + value(cost), 0);
  const events = calm.reduce((total, one) => total + one.events, 0);
  const ids = Object.keys(calm[0]?.inCheck ?? {});
  const rows = ids.map((id) => {
    const milliseconds = calm.reduce((total, one) => total + (one.inCheck[id] ?? 0), 0);
    return [id, ((1_000 * milliseconds) / Math.max(1, events)).toFixed(3)];
  });
  return `The core (attribution, baselines, detectors, alerts; no parsing) takes ${(
    (1_000 * sum((cost) => cost.milliseconds)) /
      Math.max(
        1,
        sum((cost) => cost.events),
      )
  ).toFixed(1)} µs an event over ${sum((cost) => cost.events).toLocaleString('en-US')} events,
and ${Math.round(
    sum((cost) => cost.stateBytes) /
      Math.max(
        1,
        sum((cost) => cost.principals),
      ),
  ).toLocaleString(
    'en-US',
  )} bytes of saved state a principal, peer groups included: detectors keep no memory of their own. Their checks, clock included:

${table(['detector', 'µs an event'], rows)}`;
}
