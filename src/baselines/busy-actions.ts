import { cappedAt, leftAfter } from './level.ts';
import { medianOf } from './past.ts';
import { AT, BUSY, type State } from './state.ts';

/** How often each of the busiest actions is done, over ten minutes and over eight hours, with a record of its own. */

export const BUSY_SPANS = [600_000, 8 * 3_600_000] as const;
const RECORD_FADES = 0.99;

/** Place of an action (its index among the principal's) or -1. */
export const busyPlace = (state: State, action: number): number => {
  for (let place = 0; place < BUSY; place++) if (state.u16[AT.busy + place] === action + 1) return place;
  return -1;
};

/** Takes the place of the action that was done longest ago. */
const open = (state: State, action: number): number => {
  let place = 0;
  for (let at = 0; at < BUSY; at++) {
    if (state.u16[AT.busy + at] === 0) {
      place = at;
      break;
    }
    if ((state.f64[AT.busyAt + at] as number) < (state.f64[AT.busyAt + place] as number)) place = at;
  }
  clearBusy(state, place);
  state.u16[AT.busy + place] = action + 1;
  return place;
};

const clearBusy = (state: State, place: number): void => {
  state.u16[AT.busy + place] = 0;
  state.f64[AT.busyAt + place] = 0;
  for (const field of [AT.busyLevel, AT.busyRecord, AT.busyGreatest])
    state.f32.fill(0, field + 2 * place, field + 2 * place + 2);
  state.u16[AT.busyDays + place] = 0;
  state.u16[AT.busyTold + place] = 0;
};

/** The name of that action has made room for another. */
export const forgetBusy = (state: State, action: number): void => {
  const place = busyPlace(state, action);
  if (place >= 0) clearBusy(state, place);
};

export const busyLevel = (state: State, place: number, span: number, time: number): number => {
  const level = state.f32[AT.busyLevel + 2 * place + span] as number;
  const since = time - (state.f64[AT.busyAt + place] as number);
  return since > 0 && level > 0 ? level * leftAfter(since, BUSY_SPANS[span] as number) : level;
};

/** Counts one use, of which it notes today's greatest values, and gives the action's place; while something is flagged, it teaches little. */
export const countBusy = (state: State, action: number, time: number, frozen: boolean): number => {
  const known = busyPlace(state, action);
  const place = known < 0 ? open(state, action) : known;
  const { f32 } = state;
  for (let span = 0; span < BUSY_SPANS.length; span++) {
    const at = 2 * place + span;
    const value = busyLevel(state, place, span, time) + 1;
    f32[AT.busyLevel + at] = value;
    const learned = frozen ? cappedAt(f32[AT.busyRecord + at] as number, value) : value;
    if (learned > (f32[AT.busyGreatest + at] as number)) f32[AT.busyGreatest + at] = learned;
  }
  state.f64[AT.busyAt + place] = time;
  return place;
};

/** Days without it after which an action that was told of is news again. */
const FORGET_DAYS = 7;

/**
 * Whether an action is above its record as it was on the days before, when it was told: a change that lasts is told once. `busyTold` is twice
 * the last such day, and 1 more where it was told on that day.
 */
export const isBusyHeld = (state: State, place: number, day: number): boolean => {
  const told = state.u16[AT.busyTold + place] as number;
  const on = told >> 1;
  if (told === 0 || day - on > FORGET_DAYS) return false;
  if (on === day) return told % 2 === 0;
  state.u16[AT.busyTold + place] = 2 * day;
  return true;
};

/** It was flagged: today teaches little. */
export const tellBusy = (state: State, place: number, span: number, day: number): void => {
  state.u16[AT.busyTold + place] = 2 * day + 1;
  // A change that was told is no slow one.
  state.u16[AT.driftTold] = day;
  capBusy(state, place, span);
};

/** What is held teaches little, too. */
export const capBusy = (state: State, place: number, span: number): void => {
  const at = 2 * place + span;
  const greatest = state.f32[AT.busyGreatest + at] as number;
  state.f32[AT.busyGreatest + at] = cappedAt(state.f32[AT.busyRecord + at] as number, greatest);
};

/** What the greatest day of one of its busiest actions usually is. */
export const usualRecord = ({ f32 }: State, span: number): number =>
  medianOf(
    Array.from({ length: BUSY }, (_, place) => f32[AT.busyRecord + 2 * place + span] as number).filter(
      (record) => record > 0,
    ),
  );

/** A day is over. */
export const rollBusy = (state: State): void => {
  for (let at = 0; at < 2 * BUSY; at++) {
    const greatest = state.f32[AT.busyGreatest + at] as number;
    if (greatest === 0) continue;
    state.f32[AT.busyRecord + at] = Math.max(RECORD_FADES * (state.f32[AT.busyRecord + at] as number), greatest);
    state.f32[AT.busyGreatest + at] = 0;
    if (at % 2 === 0) state.u16[AT.busyDays + at / 2] = (state.u16[AT.busyDays + at / 2] as number) + 1;
  }
};

/** An incident is over: what was done in it must not be told again. */
export const resetBusy = (state: State, time: number): void => {
  for (let place = 0; place < BUSY; place++) {
    for (let span = 0; span < BUSY_SPANS.length; span++)
      state.f32[AT.busyLevel + 2 * place + span] = Math.min(
        busyLevel(state, place, span, time),
        state.f32[AT.busyRecord + 2 * place + span] as number,
      );
    state.f64[AT.busyAt + place] = time;
  }
};
