import { SERIES, SERIES_COUNT } from './series.ts';
import { AT, BUCKETS, type State } from './state.ts';

const WIDTH = Float64Array.from(SERIES, (series) => series.window / BUCKETS);

/** Moves one series' ring on to `time`: buckets that fall out of the window leave the sum. */
const advance = (f64: Float64Array, series: number, time: number): void => {
  const width = WIDTH[series] as number;
  const edge = f64[AT.edge + series] as number;
  const bucket = Math.floor(time / width);
  const ring = AT.ring + series * BUCKETS;
  const steps = edge === 0 ? BUCKETS : Math.min(BUCKETS, bucket - Math.round(edge / width) + 1);
  for (let step = 0; step < steps; step++) {
    const slot = ring + ((bucket - step) % BUCKETS);
    f64[AT.sum + series] = (f64[AT.sum + series] as number) - (f64[slot] as number);
    f64[slot] = 0;
  }
  f64[AT.edge + series] = (bucket + 1) * width;
};

/** Adds `amount` to a series at `time` and returns the window's sum. Amounts are integers, so sums stay exact. */
export const add = (state: State, series: number, time: number, amount: number): number => {
  const { f64 } = state;
  if (time >= (f64[AT.edge + series] as number)) advance(f64, series, time);
  const width = WIDTH[series] as number;
  // The bits of a power of two, where `%` on numbers beyond 2^31 would be a slow division.
  const slot = AT.ring + series * BUCKETS + ((time / width) & (BUCKETS - 1));
  f64[slot] = (f64[slot] as number) + amount;
  const sum = (f64[AT.sum + series] as number) + amount;
  f64[AT.sum + series] = sum;
  return sum;
};

/** The sum of a series' window that ends at `time`. */
export const sumAt = (state: State, series: number, time: number): number => {
  if (time >= (state.f64[AT.edge + series] as number)) advance(state.f64, series, time);
  return state.f64[AT.sum + series] as number;
};

/** Starts a new day: no series has a greatest value yet. */
export const clearDay = (state: State): void => {
  state.f64.fill(0, AT.dayMax, AT.dayMax + SERIES_COUNT);
  state.f32.fill(0, AT.flagged, AT.flagged + SERIES_COUNT);
  state.u16.fill(0, AT.firstSeenToday, AT.firstSeenToday + 3);
};
