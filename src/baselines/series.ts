/**
 * What is counted per principal: metrics over sliding windows, from a ten-second burst to a seven-day creep.
 * Each (metric, window) is one series; its greatest value of each day is what the volume baseline learns.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const METRICS = ['requests', 'bytes', 'rows', 'denied', 'errors', 'novel', 'shared', 'seasonal'] as const;
export type Metric = (typeof METRICS)[number];

export interface Series {
  readonly metric: Metric;
  /** Milliseconds. */
  readonly window: number;
  /** Absolute slack added before comparing ratios, so that small numbers are not called large changes. */
  readonly slack: number;
}

const over = (metric: Metric, ...windows: readonly (readonly [window: number, slack: number])[]): Series[] =>
  windows.map(([window, slack]) => ({ metric, window, slack }));

const KB = 1024;
const MB = 1024 * KB;

/**
 * `novel` counts actions never seen before, `shared` minutes in which two networks used the credential,
 * `seasonal` is the last hour's requests relative to what that hour of the week usually has.
 */
export const SERIES: readonly Series[] = [
  ...over('requests', [10 * SECOND, 20], [MINUTE, 20], [5 * MINUTE, 20], [HOUR, 40], [DAY, 100], [7 * DAY, 400]),
  ...over('bytes', [5 * MINUTE, 256 * KB], [HOUR, MB], [DAY, 4 * MB], [7 * DAY, 16 * MB]),
  ...over('rows', [5 * MINUTE, 200], [HOUR, 500], [DAY, 2_000], [7 * DAY, 8_000]),
  ...over('denied', [5 * MINUTE, 10], [HOUR, 15], [DAY, 25]),
  ...over('errors', [5 * MINUTE, 50], [HOUR, 100], [DAY, 200]),
  ...over('novel', [HOUR, 5]),
  ...over('shared', [HOUR, 5]),
  ...over('seasonal', [HOUR, 3]),
];
export const SERIES_COUNT = SERIES.length;

/** First and last + 1 index in SERIES of each metric, so that the hot path loops over plain numbers. */
export const SERIES_OF: Readonly<Record<Metric, readonly [first: number, end: number]>> = Object.fromEntries(
  METRICS.map((metric) => {
    const first = SERIES.findIndex((series) => series.metric === metric);
    return [metric, [first, first + SERIES.filter((series) => series.metric === metric).length]];
  }),
) as Record<Metric, [number, number]>;

/** Requests that the seasonal ratio adds above and below, so that quiet hours are not divided by nothing. */
export const SEASONAL_SLACK = 40;
