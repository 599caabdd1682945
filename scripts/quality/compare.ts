import { quantile } from './intervals.ts';
import type { Results } from './jobs.ts';
import { RIVALS } from './rivals/registry.ts';
import { summary, table, together } from './tables.ts';

/** Rivals get the threshold that finds most on training worlds within so many false alerts per 1,000 principal-days. */
const BUDGETS = [1, 10];

interface Pooled {
  readonly found: number;
  readonly of: number;
  readonly false: number;
  readonly days: number;
  readonly delays: readonly number[];
}

function pooledAt(worlds: readonly Results['world'][], id: string, threshold: number): Pooled {
  const each = worlds.map(({ rivals }) => rivals[id]?.find((one) => one.threshold === threshold));
  return {
    found: each.reduce((sum, one) => sum + (one?.found ?? 0), 0),
    false: each.reduce((sum, one) => sum + (one?.false ?? 0), 0),
    delays: each.flatMap((one) => one?.delays ?? []),
    of: worlds.reduce((sum, { score }) => sum + score.outcomes.length, 0),
    days: worlds.reduce((sum, { score }) => sum + score.principalDays, 0),
  };
}

/** The threshold chosen on training worlds; where none keeps within the budget, the one with the fewest false alerts. */
function tuned(training: readonly Results['world'][], budget: number): Map<string, number> {
  return new Map(
    RIVALS.map(({ id, thresholds }) => {
      const tried = thresholds.map((threshold) => ({ threshold, ...pooledAt(training, id, threshold) }));
      const within = tried.filter((one) => (1_000 * one.false) / one.days <= budget);
      const best =
        within.length > 0 ? within.sort((a, b) => b.found - a.found)[0] : tried.sort((a, b) => a.false - b.false)[0];
      return [id, best?.threshold ?? 0];
    }),
  );
}

/** Wayward and its rivals on the same data. */
export function sideBySide(worlds: readonly Results['world'][], training: readonly Results['world'][]): string {
  const own = together(worlds.map(({ score }) => score));
  const [recall = '', falseRate = '', perAttack = ''] = summary(own);
  const delay = quantile(
    own.outcomes.flatMap(({ found }) => found ?? []),
    0.5,
  );
  const rows = [['Wayward', 'as shipped', recall, falseRate, minutes(delay), perAttack]];
  for (const budget of BUDGETS) {
    for (const [id, threshold] of tuned(training, budget)) {
      const { found, of, false: wrong, days, delays } = pooledAt(worlds, id, threshold);
      const rate = `${((1_000 * wrong) / days).toFixed(2)}`;
      rows.push([
        id,
        `≤ ${budget} in training: score ≥ ${threshold}`,
        `${found}/${of} = ${(found / Math.max(1, of)).toFixed(3)}`,
        rate,
        minutes(quantile(delays, 0.5)),
        '',
      ]);
    }
  }
  return table(
    [
      'method',
      'setting',
      'recall',
      'false alerts per 1,000 principal-days',
      'median time to detect',
      'alerts per attack',
    ],
    rows,
  );
}

const minutes = (value: number | undefined): string => (value === undefined ? '-' : `${(value / 60).toFixed(1)} min`);

export const rivalsList = (): string =>
  RIVALS.map(({ id, title, origin }) => `- **${id}**: ${title} (${origin}).`).join('\n');
