import { SERIES, SERIES_COUNT } from './series.ts';
import { AT, type State } from './state.ts';

/** While something is flagged, a day may raise a record by this much at most: what was flagged does not teach. */
const GROWTH = 1.25;

/** Side by side, since each use asks for many of them. */
const FADES = Float64Array.from(SERIES, ({ fades }) => fades);

/** Up to here a polynomial of e^−x is exact to the twelfth digit. */
const SMALL = 1 / 16;

/** What is left after `since` of what fades with the time constant `fades`: e^(−since/fades), without the cost of it for short times. */
export const leftAfter = (since: number, fades: number): number => {
  const x = since / fades;
  return x < SMALL ? 1 - x * (1 - (x / 2) * (1 - (x / 3) * (1 - (x / 4) * (1 - (x / 5) * (1 - x / 6))))) : Math.exp(-x);
};

/** A series' value at `time`. */
export const levelAt = (state: State, series: number, time: number): number => {
  const { f64 } = state;
  const level = f64[AT.level + series] as number;
  if (level === 0) return 0;
  const since = time - (f64[AT.levelAt + series] as number);
  return since > 0 ? level * leftAfter(since, FADES[series] as number) : level;
};

/** Nothing counted that has not been taken back. */
export const isEmpty = (state: State, series: number): boolean => state.f64[AT.level + series] === 0;

const setLevel = (state: State, series: number, time: number, value: number): void => {
  state.f64[AT.level + series] = value;
  state.f64[AT.levelAt + series] = time;
};

/** Adds to a series and gives its value. It never falls below 0. */
export const add = (state: State, series: number, time: number, amount: number): number => {
  const value = Math.max(0, levelAt(state, series, time) + amount);
  setLevel(state, series, time, value);
  return value;
};

/** The most that a value may teach while something is flagged. */
export const cappedAt = (record: number, value: number): number => Math.min(value, GROWTH * record + 1);

/** An incident is over: what was counted in it must not be told again. Values that are bits start from nothing, others from the record. */
export const resetLevels = (state: State, time: number, firstOfBits: number): void => {
  for (let series = 0; series < SERIES_COUNT; series++) {
    const record = series >= firstOfBits ? 0 : (state.f32[AT.record + series] as number);
    setLevel(state, series, time, Math.min(levelAt(state, series, time), record));
  }
};
