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
export const NEVER_STEADY = 0xffff;

/** Was something told of this series on one of the last days? */
export const isHolding = (state: State, series: number, day: number): boolean => {
  const last = get(state.u16, AT.holdLast + series);
  return last !== 0 && day - last <= FORGET_DAYS;
};

/** Is `value` no more than a lasting change that was already told? */
export const isHeld = (state: State, series: number, day: number, value: number): boolean => {
  if (!isHolding(state, series, day) || get(state.u16, AT.holdLast + series) === day) return false;
  return value <= get(state.f32, AT.holdLevel + series) * NEAR;
};

/** Days for which a told burst explains the longer windows that it is part of. */
const EXPLAINS_DAYS = 7;

/** Up to what value a longer window only echoes a burst that was told. */
export const explainedBy = (state: State, series: number, day: number): number =>
  day - get(state.u16, AT.explainedOn + series) <= EXPLAINS_DAYS ? get(state.f32, AT.explained + series) : 0;

/** Notes that `value` was flagged on `day`. */
export const hold = (state: State, series: number, day: number, value: number, critical: boolean): void => {
  state.f32[AT.holdLevel + series] = Math.max(value, get(state.f32, AT.holdLevel + series));
  if (get(state.u16, AT.holdLast + series) === 0) state.u16[AT.holdLast + series] = day;
  if (critical) state.u16[AT.holdCount + series] = NEVER_STEADY;
};

/** At the end of a day that went over the alarm: true if the change has become normal and may be learned. */
export const dayOver = (state: State, series: number, day: number, greatest: number): boolean => {
  // A long window goes on filling up for days after the burst was told that it echoes.
  const level = Math.min(greatest, explainedBy(state, series, day));
  state.f32[AT.holdLevel + series] = Math.max(level, get(state.f32, AT.holdLevel + series));
  state.u16[AT.holdLast + series] = day;
  const count = get(state.u16, AT.holdCount + series);
  if (count === NEVER_STEADY) return false;
  state.u16[AT.holdCount + series] = count + 1;
  if (count + 1 < STEADY_DAYS) return false;
  release(state, series);
  return true;
};

/** At the end of a quiet day: forgets a hold whose time is over. */
export const quietDay = (state: State, series: number, day: number): void => {
  const last = get(state.u16, AT.holdLast + series);
  if (last !== 0 && day - last > FORGET_DAYS && get(state.u16, AT.holdCount + series) !== NEVER_STEADY)
    release(state, series);
};

/** Ends a hold: its alert was closed as benign, or it has lasted. */
export const release = (state: State, series: number): void => {
  state.f32[AT.holdLevel + series] = 0;
  state.u16[AT.holdCount + series] = 0;
  state.u16[AT.holdLast + series] = 0;
};
