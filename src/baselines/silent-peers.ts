import { CELL } from './hours.ts';
import { type Principal, presentMembers } from './principal.ts';
import { DAY, HOUR } from './series.ts';
import { AT, get, type State } from './state.ts';
import { isUsualHour } from './unusual-hours.ts';

/** Peers of which nothing has been heard for longer than chance makes them silent: what they do may not have come yet. */

/** A silence that chance makes more often than this is none. */
const RARE = 0.05;
/** A member that is silent for longer is gone, not late; what it did then is no longer what the group does now. */
const GONE = 2 * DAY;
/** Hours of work from which it is known how often a member is heard of. */
const RECENT = 3;
/** Nobody works in every cell. */
const MOST = 0.95;
const CELLS_OF_HOUR = HOUR / CELL;

/** In what share of the cells of five minutes it worked lately, that day. */
const shareOfCells = (state: State, last: number): number => {
  const hour = Math.floor(last / HOUR);
  const first = Math.max(hour - RECENT + 1, 24 * get(state.f64, AT.day));
  let active = 0;
  for (let at = first; at <= hour; at++) active += get(state.u16, AT.cellsToday + (at % 24));
  const passed = Math.floor((last - first * HOUR) / CELL) + 1;
  return Math.min(MOST, active / Math.max(CELLS_OF_HOUR, passed));
};

/** Chance that a member which still works is silent until `time` (milliseconds), as far back as it usually works without a break. */
const chanceOfSilence = (member: Principal, time: number): number => {
  const { state } = member;
  const last = get(state.f64, AT.lastSeen);
  if (time - last < CELL || time - last > GONE) return 1;
  const silent = 1 - shareOfCells(state, last);
  let chance = 1;
  for (let hour = Math.floor(time / HOUR); (hour + 1) * HOUR > last && chance >= RARE; hour--) {
    if (!isUsualHour(member, hour)) return chance;
    const span = Math.min(time, (hour + 1) * HOUR) - Math.max(last, hour * HOUR);
    chance *= silent ** (span / CELL);
  }
  return chance;
};

export interface SilentPeers {
  readonly count: number;
  /** Since when the first of them has been silent, milliseconds. */
  readonly since: number;
}

const NONE: SilentPeers = { count: 0, since: Number.POSITIVE_INFINITY };

/** Those that are silent for too long at `time` (milliseconds); all, where nobody is heard of any more and that is no chance. */
export const silentPeers = (principal: Principal, time: number): SilentPeers => {
  if (presentMembers(principal, time) < 2) return NONE;
  const peers = (principal.group?.members ?? [])
    .filter((member) => member !== principal)
    .map((peer) => ({ last: get(peer.state.f64, AT.lastSeen), chance: chanceOfSilence(peer, time) }));
  const isNobodyHeard = peers.every(({ last }) => time - last >= CELL);
  const together = peers.reduce((product, { chance }) => product * chance, 1);
  const silent = peers.filter(({ chance }) => chance < RARE || (isNobodyHeard && together < RARE && chance < 1));
  return { count: silent.length, since: silent.reduce((least, { last }) => Math.min(least, last), NONE.since) };
};
