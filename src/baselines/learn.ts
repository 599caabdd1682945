import { tailOf } from './extremes.ts';
import { explainedBy, hold, NEVER_STEADY } from './holds.ts';
import { CELL } from './hours.ts';
import { renamed } from './legacy-names.ts';
import type { Name } from './names.ts';
import type { Observation } from './observation.ts';
import { lentBy, nothingRecent, type Principal } from './principal.ts';
import { admit, type Hold, knows } from './repertoire.ts';
import { DAY, SERIES, SERIES_OF, type Series } from './series.ts';
import { AT, get, type State, type TableLayout } from './state.ts';

/** What detectors decided about an observation: each thing is learned, or held out of the baseline because it was flagged. */
export interface Verdict {
  action: Hold;
  source: Hold;
}

const take = (
  principal: Principal,
  table: TableLayout,
  thing: Name,
  seen: Observation,
  kind: number,
  how: Hold,
): void => {
  admit(principal.state, table, thing, seen.day, kind, how);
  // It may have taken the place of something that was known.
  Object.assign(principal.recent, nothingRecent());
  const { peers } = principal;
  if (peers === undefined || how !== 'learn') return;
  if (!knows(peers, table, thing)) admit(peers, table, thing, seen.day, kind, 'learn');
  else renamed(peers, table, thing);
};

/** Learns the new things of an observation, as the verdict says; `kind` is the action's class. */
export const learn = (principal: Principal, seen: Observation, kind: number, verdict: Verdict): void => {
  if (seen.action === 'new') take(principal, AT.actions, seen.actionName, seen, kind, verdict.action);
  if (seen.network === 'new') take(principal, AT.networks, seen.networkName, seen, 0, verdict.source);
  if (seen.subnet === 'new') take(principal, AT.subnets, seen.subnetName, seen, 0, verdict.source);
  if (seen.client === 'new') take(principal, AT.clients, seen.clientName, seen, 0, verdict.source);
};

/** A flagged value must grow by this much to be told again while it grows … */
const TELL_AGAIN = 1.05;
/** … and by this much once it has been told longer ago than that, in five-minute cells. */
const TELL_ANEW = 2;
const GROWING_CELLS = 24;
/** A told burst explains the longer windows that it is part of, up to this many times its size. */
const EXPLAINS = 4;

const cellOfDay = (seen: Observation): number => Math.floor((seen.time % DAY) / CELL);

/** Is the value of a series worth telling, given what was told of it today and what a shorter window already explained? */
export const isNews = ({ state }: Principal, series: number, seen: Observation, value: number): boolean => {
  const again = isGrowing(state, series, seen) ? TELL_AGAIN : TELL_ANEW;
  if (value <= get(state.f32, AT.flagged + series) * again) return false;
  // While the burst goes on, longer windows belong to the same incident; afterwards they only echo it.
  const [first] = SERIES_OF[(SERIES[series] as Series).metric];
  for (let shorter = first; shorter < series; shorter++) if (isGrowing(state, shorter, seen)) return true;
  return value > explainedBy(state, series, seen.day);
};

const isGrowing = (state: State, series: number, seen: Observation): boolean =>
  get(state.f32, AT.flagged + series) > 0 && cellOfDay(seen) - get(state.u16, AT.flaggedCell + series) <= GROWING_CELLS;

/** Notes that a series was flagged at `value`, with `greatest` before: today's greatest will not be learned. */
export const flag = (
  principal: Principal,
  series: number,
  seen: Observation,
  value: number,
  greatest: number,
  critical: boolean,
): void => {
  const { state } = principal;
  state.f32[AT.flagged + series] = value;
  state.u16[AT.flaggedCell + series] = cellOfDay(seen);
  hold(state, series, seen.day, value, critical);
  const [, end] = SERIES_OF[(SERIES[series] as Series).metric];
  for (let longer = series + 1; longer < end; longer++) {
    const usual = tailOf(state, lentBy(principal), longer).greatest;
    state.f32[AT.explained + longer] = Math.max(
      explainedBy(state, longer, seen.day),
      (usual + value - greatest) * EXPLAINS,
    );
    state.u16[AT.explainedOn + longer] = seen.day;
  }
};

/** Days that a flagged hour of the day must come back on before it is normal, and after which it is news again. */
const STEADY_NIGHTS = 7;
const FORGET_NIGHTS = 3;

/** Was this hour of the day flagged on one of the last days? Then it is the same lasting change, the whole night long. */
export const isQuietHeld = (principal: Principal, seen: Observation): boolean => {
  const { u16 } = principal.state;
  const at = seen.hour % 24;
  const last = get(u16, AT.quietHeldLast + at);
  // Today's first night of it still grows; from the second on it is held.
  if (last === seen.day) return get(u16, AT.quietHeld + at) > 1;
  return last !== 0 && seen.day - last <= FORGET_NIGHTS;
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
