import { z } from 'zod';
import { surpriseOf, tailOf } from '../../baselines/extremes.ts';
import { isHeld } from '../../baselines/holds.ts';
import { flag, isNews } from '../../baselines/learn.ts';
import { ageInDays, lentBy } from '../../baselines/principal.ts';
import { METRICS, type Metric, SERIES, type Series } from '../../baselines/series.ts';
import { AT, get } from '../../baselines/state.ts';
import { type Context, defineKind, type Result } from '../detector.ts';
import { bitsText, bytes, duration, number } from '../words.ts';

const NOUN: Readonly<Record<Metric, string>> = {
  requests: 'requests',
  bytes: 'read',
  rows: 'rows',
  denied: 'denied requests',
  errors: 'failed requests',
  novel: 'actions it had never done',
  shared: 'minutes of use from two networks at once',
  seasonal: 'times the requests usual for this hour of the week',
};

const amount = (metric: Metric, value: number): string =>
  metric === 'bytes' ? `${bytes(value)} ${NOUN.bytes}` : `${number(value)} ${NOUN[metric]}`;

const sentence = (who: string, series: Series, value: number, greatest: number, days: number, bits: number): string => {
  const most =
    series.metric === 'bytes' ? bytes(greatest) : `${number(greatest)}${series.metric === 'seasonal' ? ' times' : ''}`;
  const usual = greatest > 0 ? `at most ${most} in the ${days} days before` : `none in the ${days} days before`;
  const window = series.metric === 'seasonal' ? '' : ` in ${duration(series.window)}`;
  return `${who}: ${amount(series.metric, value)}${window}; ${usual}; ${bitsText(bits)}`;
};

const judge = ({ at, principal, seen }: Context, index: number): Result | undefined => {
  const series = SERIES[index] as Series;
  const value = get(principal.state.f64, AT.dayMax + index);
  if (!isNews(principal, index, seen, value) || isHeld(principal.state, index, seen.day, value)) return undefined;
  const tail = tailOf(principal.state, lentBy(principal), index);
  const bits = surpriseOf(tail, index, value);
  const who = at.attribution.credential?.agent ?? principal.name;
  return {
    bits,
    subject: `${series.metric} in ${duration(series.window)}`,
    reason: sentence(who, series, value, tail.greatest, ageInDays(principal.state, seen.time), bits),
    observed: value,
    expected: tail.greatest,
    window: series.window,
    held: (severity) => flag(principal, index, seen, value, tail.greatest, severity === 'critical'),
  };
};

/** More of something than on any day before, judged inside the running window. */
export const burst = defineKind({
  id: 'burst',
  title:
    'More requests, bytes, rows, denials or errors than the greatest day of the baseline makes likely, in windows from 10 seconds to 7 days.',
  trigger: 'raised',
  baseline: true,
  parameters: z.strictObject({ metrics: z.array(z.enum(METRICS)).min(1) }),
  check:
    ({ metrics }) =>
    (context, report) => {
      for (const index of context.seen.raised) {
        if (!metrics.includes((SERIES[index] as Series).metric)) continue;
        const result = judge(context, index);
        if (result) report(result);
      }
    },
});
