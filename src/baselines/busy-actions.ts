import { cappedAt } from './level.ts';
import { AT, BUSY, get, type State } from './state.ts';

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
    if (get(state.f64, AT.busyAt + at) < get(state.f64, AT.busyAt + place)) place = at;
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
  const level = get(state.f32, AT.busyLevel + 2 * place + span);
  const since = time - get(state.f64, AT.busyAt + place);
  return since > 0 && level > 0 ? level * Math.exp(-since / (BUSY_SPANS[span] as number)) : level;
};

/** Counts one use; gives the action's place. */
export const countBusy = (state: State, action: number, time: number): number => {
  const known = busyPlace(state, action);
  const place = known < 0 ? open(state, action) : known;
  for (let span = 0; span < BUSY_SPANS.length; span++)
    state.f32[AT.busyLevel + 2 * place + span] = busyLevel(state, place, span, time) + 1;
  state.f64[AT.busyAt + place] = time;
  return place;
};

/** Notes the values as today's greatest; while something is flagged, they teach little. */
export const noteBusy = (state: State, place: number, time: number, frozen: boolean): void => {
  for (let span = 0; span < BUSY_SPANS.length; span++) {
    const at = 2 * place + span;
    const value = busyLevel(state, place, span, time);
    const learned = frozen ? cappedAt(get(state.f32, AT.busyRecord + at), value) : value;
    if (learned > get(state.f32, AT.busyGreatest + at)) state.f32[AT.busyGreatest + at] = learned;
  }
};

/** Days without it after which an action that was told of is news again. */
const FORGET_DAYS = 7;

/**
 * Whether an action is above its record as it was on the days before, when it was told: a change that lasts is told once. `busyTold` is twice
 * the last such day, and 1 more where it was told on that day.
 */
export const isBusyHeld = (state: State, place: number, day: number): boolean => {
  const told = get(state.u16, AT.busyTold + place);
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
  const greatest = get(state.f32, AT.busyGreatest + at);
  state.f32[AT.busyGreatest + at] = cappedAt(get(state.f32, AT.busyRecord + at), greatest);
};

/** A day is over. */
export const rollBusy = (state: State): void => {
  for (let at = 0; at < 2 * BUSY; at++) {
    const greatest = get(state.f32, AT.busyGreatest + at);
    if (greatest === 0) continue;
    state.f32[AT.busyRecord + at] = Math.max(RECORD_FADES * get(state.f32, AT.busyRecord + at), greatest);
    state.f32[AT.busyGreatest + at] = 0;
    if (at % 2 === 0) state.u16[AT.busyDays + at / 2] = get(state.u16, AT.busyDays + at / 2) + 1;
  }
};

/** An incident is over: what was done in it must not be told again. */
export const resetBusy = (state: State, time: number): void => {
  for (let place = 0; place < BUSY; place++) {
    for (let span = 0; span < BUSY_SPANS.length; span++)
      state.f32[AT.busyLevel + 2 * place + span] = Math.min(
        busyLevel(state, place, span, time),
        get(state.f32, AT.busyRecord + 2 * place + span),
      );
    state.f64[AT.busyAt + place] = time;
  }
};
