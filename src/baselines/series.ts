/**
 * What is counted per principal. Each series is one number that fades: with the time constant τ, an amount of t ago still counts e^(−t/τ)
 * of itself, so that a burst shows while it goes on, and memory is constant. Its greatest value of each day is what the baseline learns.
 */

const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Metrics of how much was done; the days of these are kept one by one. */
export const VOLUMES = ['requests', 'bytes', 'rows'] as const;
/**
 * `denied` and `errors` count what failed, `switches` returns to an address used shortly before; `night` is activity at unusual hours,
 * `novelty` new actions, `answers` large answers one after the other, `sequence` objects asked for in order of their ids, `likeness`
 * work that is the peers' rather than its own: these five in bits.
 */
export const TALLIES = ['denied', 'errors', 'switches', 'night', 'novelty', 'answers', 'sequence', 'likeness'] as const;
export type Metric = (typeof VOLUMES)[number] | (typeof TALLIES)[number];

export interface Series {
  readonly metric: Metric;
  /** Time constant τ, milliseconds. */
  readonly fades: number;
  /** Least value that can be a finding, and added before ratios are compared, so that small numbers are not called large changes. */
  readonly slack: number;
  /** The series of earlier versions whose greatest days it starts from, and their worth in its own terms. */
  readonly from?: readonly [series: string, factor: number];
}

const of = (
  metric: Metric,
  fades: number,
  slack: number,
  from?: readonly [series: string, factor: number],
): Series => ({ metric, fades, slack, ...(from && { from }) });

const KB = 1_000;

/** Volumes first: `VOLUME_COUNT` of them. */
export const SERIES: readonly Series[] = [
  of('requests', MINUTE, 25, ['requests/60000', 1]),
  of('requests', 10 * MINUTE, 30, ['requests/300000', 2]),
  of('requests', HOUR, 40, ['requests/3600000', 1]),
  of('requests', 8 * HOUR, 60, ['requests/86400000', 1 / 2]),
  of('bytes', 10 * MINUTE, 100 * KB, ['bytes/300000', 2]),
  of('bytes', 8 * HOUR, 100 * KB, ['bytes/86400000', 1 / 2]),
  of('rows', 10 * MINUTE, 400, ['rows/300000', 2]),
  of('rows', 8 * HOUR, 400, ['rows/86400000', 1 / 2]),
  of('denied', 15 * MINUTE, 3.5, ['denied/3600000', 1]),
  of('errors', 15 * MINUTE, 12, ['errors/3600000', 1 / 2]),
  of('switches', 6 * HOUR, 4),
  of('night', HOUR, 20),
  of('novelty', (2 * HOUR) / Math.LN2, 12),
  of('answers', 2 * HOUR, 18),
  of('sequence', HOUR, 16),
  of('likeness', 8 * HOUR, 16),
];
export const SERIES_COUNT = SERIES.length;

/** First and last + 1 index in SERIES of each metric, so that the hot path loops over plain numbers. */
export const SERIES_OF: Readonly<Record<Metric, readonly [first: number, end: number]>> = Object.fromEntries(
  [...VOLUMES, ...TALLIES].map((metric) => {
    const first = SERIES.findIndex((series) => series.metric === metric);
    return [metric, [first, first + SERIES.filter((series) => series.metric === metric).length]];
  }),
) as Record<Metric, [number, number]>;

/** Volumes stand first in SERIES. */
export const VOLUME_COUNT = SERIES_OF.rows[1];
export const at = (metric: Metric): number => SERIES_OF[metric][0];
