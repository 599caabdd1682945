import { z } from 'zod';
import type { AttributedUse } from '../../attribution/attributed.ts';
import { hold, isHeld, markFlagged } from '../../baselines/holds.ts';
import { levelAt } from '../../baselines/level.ts';
import { peersLevel } from '../../baselines/peers.ts';
import { wholeDays } from '../../baselines/principal.ts';
import { SERIES, SERIES_OF, type Series, VOLUME_COUNT, VOLUMES } from '../../baselines/series.ts';
import { AT, get, type State } from '../../baselines/state.ts';
import { type Context, defineKind, type Result } from '../detector.ts';
import type { Needed } from '../needs.ts';
import { bitsBeyond, MORE_WORK } from '../strength.ts';
import { bitsText, bytes, dayCount, duration, number } from '../words.ts';

const COUNTED = [...VOLUMES, 'tokens', 'denied', 'errors', 'switches'] as const;
/** Names of earlier versions: what they counted is part of others now. */
const EARLIER = ['seasonal', 'novel', 'shared'] as const;
type Counted = (typeof COUNTED)[number];

/** What is counted of every event needs nothing. */
const NEEDS: Readonly<Partial<Record<Counted | (typeof EARLIER)[number], Needed>>> = {
  bytes: 'bytes',
  rows: 'rows',
  tokens: 'tokens',
  switches: 'address',
  shared: 'address',
};

const NOUN: Readonly<Record<Counted, string>> = {
  requests: 'requests',
  bytes: 'read',
  rows: 'rows',
  tokens: 'tokens',
  denied: 'denied requests',
  errors: 'failed requests (repeated ones, and faults of the server, count less)',
  switches: 'returns to an address that it had just left',
};

const amount = (metric: Counted, value: number): string =>
  metric === 'bytes' ? bytes(value) : number(Math.round(value));

/** Peers that are this near to their records, or beyond, explain as much more. */
const NEAR_RECORD = 0.7;
/** Requests over the longest time. */
const LONGEST = SERIES_OF.requests[1] - 1;

const sentence = ({ at, principal, seen }: Context, series: Series, value: number, record: number, bits: number) => {
  const who = at.attribution.credential?.agent ?? principal.name;
  const metric = metricOf(at, series);
  const days = wholeDays(principal.state, seen.time);
  const usual = record > 0 ? `at most ${amount(metric, record)} on the days before` : 'none on the days before';
  return `${who}: ${amount(metric, value)} ${NOUN[metric]} within about ${duration(series.fades)}; ${usual} (${dayCount(days)}); ${bitsText(bits)}`;
};

/** What a model reads and writes is counted where rows are. */
const metricOf = ({ use }: AttributedUse, { metric }: Series): Counted =>
  metric === 'rows' && use.spent !== undefined ? 'tokens' : (metric as Counted);

/** Tokens that are not worth a look within any time: some cents, or a few dollars. */
const LEAST_TOKENS = 100_000;

/** Where no day before had tokens, they were not counted yet, or nothing was asked of a model: there is nothing to compare with. */
const isNoMatter = ({ at, principal: { state }, seen }: Context, index: number): boolean =>
  metricOf(at, SERIES[index] as Series) === 'tokens' &&
  (get(state.f32, AT.record + index) === 0 || (seen.values[index] as number) < LEAST_TOKENS);

/** How many times its alarm a value may be, for what peers do now, or for its own work of which it is a part. */
const explainedBy = ({ principal, seen }: Context, index: number, metric: Series['metric']): number => {
  if (metric === 'denied') return 1;
  const ofWork = metric === 'switches' ? levelToRecord(principal.state, LONGEST, seen.time) : 1;
  return Math.max(1, ofWork, peersLevel(principal, index, seen.time) / NEAR_RECORD);
};

/** Between hosts that share the work, there are as many changes of address as there is work. */
const levelToRecord = (state: State, index: number, time: number): number =>
  levelAt(state, index, time) / (get(state.f32, AT.record + index) + (SERIES[index] as Series).slack);

const judge = (context: Context, index: number): Result | undefined => {
  const { principal, seen } = context;
  const { state } = principal;
  const series = SERIES[index] as Series;
  const value = seen.values[index] as number;
  if (isHeld(state, index, seen.day, value)) {
    markFlagged(state, index, value);
    return undefined;
  }
  const isVolume = index < VOLUME_COUNT;
  const alarm = get(state.f32, AT.alarm + index);
  const explained = alarm * explainedBy(context, index, series.metric);
  if (value <= alarm) return undefined;
  const isExplained = value <= explained;
  const bits = bitsBeyond(value, explained);
  const record = get(state.f32, AT.record + index);
  return {
    bits,
    subject: `${metricOf(context.at, series)} in ${duration(series.fades)}`,
    reason: sentence(context, series, value, record, bits),
    observed: Math.round(value),
    expected: Math.round(record),
    window: series.fades,
    waits: series.metric !== 'denied',
    ...(isVolume && { change: MORE_WORK }),
    explained: isExplained,
    alone: series.metric === 'switches',
    held: (severity) => hold(state, index, seen, value, severity === 'critical'),
  };
};

/** More of something than on any day before, judged while it goes on. */
export const burst = defineKind({
  id: 'burst',
  title:
    'More requests, bytes, rows, denials, errors or changes of address than its own days before, and its peers at this moment, make likely.',
  trigger: 'raised',
  evidence: 'volume',
  baseline: true,
  parameters: z.strictObject({ metrics: z.array(z.enum([...COUNTED, ...EARLIER])).min(1) }),
  needs: ({ metrics }) => {
    const needed = metrics.map((metric) => NEEDS[metric]);
    const known = needed.filter((one) => one !== undefined);
    return known.length < needed.length ? [] : [known];
  },
  check: ({ metrics }) => {
    const wanted: ReadonlySet<string> = new Set(metrics.map((metric) => (metric === 'shared' ? 'switches' : metric)));
    return (context, report) => {
      for (const index of context.seen.raised) {
        const series = SERIES[index] as Series;
        if (!wanted.has(metricOf(context.at, series)) || isNoMatter(context, index)) continue;
        const result = judge(context, index);
        if (result) report(result);
      }
    };
  },
});
