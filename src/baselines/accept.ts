import { acceptGuest } from './guest-client.ts';
import { release } from './holds.ts';
import { endIncident } from './observe.ts';
import type { Principal } from './principal.ts';
import { acceptHeld } from './repertoire.ts';
import { SERIES_COUNT } from './series.ts';
import { AT, get, TABLES } from './state.ts';

/**
 * A person has closed an alert as benign: what was held out of the baseline between these days (since the epoch, both
 * included) becomes part of it.
 */
export const acceptSpan = (principal: Principal, from: number, to: number): void => {
  const { state } = principal;
  const within = (day: number): boolean => day >= from && day <= to;
  for (const table of TABLES) acceptHeld(state, table, from, to);
  acceptGuest(principal, within);
  for (let series = 0; series < SERIES_COUNT; series++) {
    if (!within(get(state.u16, AT.holdLast + series))) continue;
    state.f32[AT.record + series] = Math.max(get(state.f32, AT.record + series), get(state.f32, AT.holdLevel + series));
    release(state, series);
  }
  if (within(Math.floor(get(state.f64, AT.lastSeen) / 86_400_000))) endIncident(principal, get(state.f64, AT.lastSeen));
};
