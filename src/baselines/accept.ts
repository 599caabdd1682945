import { learnGreatest } from './extremes.ts';
import { release } from './holds.ts';
import type { Principal } from './principal.ts';
import { acceptHeld } from './repertoire.ts';
import { SERIES_COUNT } from './series.ts';
import { AT, get } from './state.ts';
import { hourOfWeek } from './zone.ts';

/** A person's word that an hour is normal counts as this many weeks of activity in it. */
const WEEKS = 3;

/**
 * A person has closed an alert as benign: what was held out of the baseline between these days (since the epoch, both
 * included) becomes part of it.
 */
export const acceptSpan = (principal: Principal, from: number, to: number): void => {
  const { state } = principal;
  const within = (day: number): boolean => day >= from && day <= to;
  for (const table of [AT.actions, AT.networks, AT.subnets, AT.clients]) acceptHeld(state, table, from, to);
  for (let series = 0; series < SERIES_COUNT; series++) {
    const day = get(state.u16, AT.holdLast + series);
    if (!within(day)) continue;
    learnGreatest(state, series, day, get(state.f32, AT.holdLevel + series));
    release(state, series);
  }
  for (let hour = 0; hour < 24; hour++) {
    const day = get(state.u16, AT.quietHeldLast + hour);
    if (!within(day)) continue;
    const bin = hourOfWeek(day * 24 + hour, principal.zone);
    state.f32[AT.activePasses + bin] = get(state.f32, AT.activePasses + bin) + WEEKS;
    state.u16[AT.quietHeldLast + hour] = 0;
    state.u16[AT.quietHeld + hour] = 0;
  }
};
