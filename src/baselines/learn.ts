import { NEVER_STEADY } from './holds.ts';
import { hold } from './holds.ts';
import type { Observation } from './observation.ts';
import type { Principal } from './principal.ts';
import { admit, type Hold, knows } from './repertoire.ts';
import { AT, get, type TableLayout } from './state.ts';

/** What detectors decided about an observation: each thing is learned, or held out of the baseline because it was flagged. */
export interface Verdict {
  action: Hold;
  network: Hold;
  client: Hold;
}

const take = (principal: Principal, table: TableLayout, thing: number, seen: Observation, kind: number, how: Hold): void => {
  admit(principal.state, table, thing, seen.day, kind, how);
  const { peers } = principal;
  if (peers && how === 'learn' && !knows(peers, table, thing)) admit(peers, table, thing, seen.day, kind, 'learn');
};

/** Learns the new things of an observation, as the verdict says; `kind` is the action's class. */
export const learn = (principal: Principal, seen: Observation, kind: number, verdict: Verdict): void => {
  if (seen.action === 'new') take(principal, AT.actions, seen.actionHash, seen, kind, verdict.action);
  if (seen.network === 'new') take(principal, AT.networks, seen.networkHash, seen, 0, verdict.network);
  if (seen.client === 'new') take(principal, AT.clients, seen.clientHash, seen, 0, verdict.client);
};

/** A flagged series' value must grow by this much within a day before it is told again. */
const TELL_AGAIN = 1.3;

/** Has the series grown enough since it was last flagged today? */
export const isNews = (principal: Principal, series: number, value: number): boolean =>
  value > get(principal.state.f32, AT.flagged + series) * TELL_AGAIN;

/** Notes that a series was flagged at `value`: today's greatest value will not be learned. */
export const flag = (principal: Principal, series: number, seen: Observation, value: number, critical: boolean): void => {
  principal.state.f32[AT.flagged + series] = value;
  hold(principal.state, series, seen.day, value, critical);
};

/** Days that a flagged hour of the day must come back on before it is normal, and after which it is news again. */
const STEADY_NIGHTS = 7;
const FORGET_NIGHTS = 3;

/** Was this hour of the day flagged on one of the last days? Then it is the same lasting change. */
export const isQuietHeld = (principal: Principal, seen: Observation): boolean => {
  const at = seen.hour % 24;
  const last = get(principal.state.u16, AT.quietHeldLast + at);
  return last !== 0 && last < seen.day && seen.day - last <= FORGET_NIGHTS;
};

/** Notes that this hour was flagged; true once it has lasted so long that it may be learned. */
export const holdQuiet = (principal: Principal, seen: Observation, critical: boolean): boolean => {
  const { u16 } = principal.state;
  for (const near of [23, 0, 1]) {
    const at = ((seen.hour % 24) + near) % 24;
    const last = get(u16, AT.quietHeldLast + at);
    if (last === seen.day) continue;
    const count = get(u16, AT.quietHeld + at);
    const goesOn = last !== 0 && seen.day - last <= FORGET_NIGHTS;
    u16[AT.quietHeldLast + at] = seen.day;
    u16[AT.quietHeld + at] = critical || count === NEVER_STEADY ? NEVER_STEADY : goesOn ? count + 1 : 1;
  }
  const count = get(u16, AT.quietHeld + (seen.hour % 24));
  return count !== NEVER_STEADY && count >= STEADY_NIGHTS;
};
