import { cappedAt } from './level.ts';
import type { Observation } from './observation.ts';
import { VOLUME_COUNT } from './series.ts';
import { AT, get, type State } from './state.ts';

/**
 * What was flagged is held out of the baseline: it must not teach it. A change that lasts is one alert, not one a day:
 * while a series stays near the flagged level it is quiet, and after STEADY_DAYS such days the level becomes normal,
 * unless it was critical.
 */
const STEADY_DAYS = 7;
/** Days without a recurrence after which a hold ends, so that the same thing later is news again. */
const FORGET_DAYS = 7;
/** A level this much above the held one is a new change. */
const NEAR = 1.5;
/** Marks a hold that time alone never ends. */
const NEVER_STEADY = 0xffff;

/** Was something told of this series on one of the last days? */
const isHolding = (state: State, series: number, day: number): boolean => {
  const last = get(state.u16, AT.holdLast + series);
  return last !== 0 && day - last <= FORGET_DAYS;
};

/** Is `value` no more than a lasting change that was already told? */
export const isHeld = (state: State, series: number, day: number, value: number): boolean => {
  if (!isHolding(state, series, day) || get(state.u16, AT.holdLast + series) === day) return false;
  return value <= get(state.f32, AT.holdLevel + series) * NEAR;
};

/** Notes that a series went over its alarm at `value` for a reason that is told, or was: today it is not learned as it stands. */
export const markFlagged = ({ f32 }: State, series: number, value: number): void => {
  f32[AT.flagged + series] = value;
  f32[AT.greatest + series] = Math.min(get(f32, AT.greatest + series), cappedAt(get(f32, AT.record + series), value));
};

/** Notes that `value` was flagged now. */
export const hold = (state: State, series: number, { day }: Observation, value: number, critical: boolean): void => {
  markFlagged(state, series, value);
  state.f32[AT.holdLevel + series] = Math.max(value, get(state.f32, AT.holdLevel + series));
  if (get(state.u16, AT.holdLast + series) === 0) state.u16[AT.holdLast + series] = day;
  if (critical) state.u16[AT.holdCount + series] = NEVER_STEADY;
  // A change that was told is no slow one.
  if (series < VOLUME_COUNT) state.u16[AT.driftTold] = day;
};

/** At the end of a day: the value that it teaches. A change that has lasted becomes normal. */
export const holdOver = (state: State, series: number, day: number): number => {
  const greatest = get(state.f32, AT.greatest + series);
  const flagged = get(state.f32, AT.flagged + series);
  const last = get(state.u16, AT.holdLast + series);
  const count = get(state.u16, AT.holdCount + series);
  if (flagged === 0) {
    if (last !== 0 && day - last > FORGET_DAYS && count !== NEVER_STEADY) release(state, series);
    return greatest;
  }
  const level = Math.max(flagged, get(state.f32, AT.holdLevel + series));
  state.f32[AT.holdLevel + series] = level;
  state.u16[AT.holdLast + series] = day;
  if (count === NEVER_STEADY) return greatest;
  state.u16[AT.holdCount + series] = count + 1;
  if (count + 1 < STEADY_DAYS) return greatest;
  release(state, series);
  return level;
};

/** Ends a hold: its alert was closed as benign, or it has lasted. */
export const release = (state: State, series: number): void => {
  state.f32[AT.holdLevel + series] = 0;
  state.u16[AT.holdCount + series] = 0;
  state.u16[AT.holdLast + series] = 0;
};
