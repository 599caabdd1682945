import { CELL, countCell } from './hours.ts';
import { add, levelAt } from './level.ts';
import { chanceOf, weekOf } from './night.ts';
import type { Observation } from './observation.ts';
import { isShared, peersOf } from './peers.ts';
import { ageInDays, groupAge, type Principal, presentMembers } from './principal.ts';
import { at, HOUR } from './series.ts';
import { AT } from './state.ts';
import { hourOfWeek } from './zone.ts';

/** Activity at unusual hours, in bits that add up while it goes on. */

const NIGHT = at('night');
/** Bits that an hour must be worth before they count, and the most of a cell. */
const FREE = 2;
const MOST = 6;
/** A cell with so many uses, and so many, is worth half of itself more. */
const MANY = 8;
const VERY_MANY = 32;
/** From its peers, a principal of less than a week takes the whole chance, an older one half. */
const YOUNG_DAYS = 7;
/** From how many bits on a day counts as one with unusual hours. */
export const UNUSUAL = 4;

const ownChance = (principal: Principal, bin: number, day: number): number => {
  const { recent, state } = principal;
  if (recent.week?.day !== day) recent.week = weekOf(state, day);
  return chanceOf(state, recent.week, bin);
};

/** Whether it works in this hour (since the epoch) more often than not; of a young one nobody knows. */
export const isUsualHour = (principal: Principal, hour: number): boolean => {
  const { state, zone } = principal;
  const time = hour * HOUR;
  if (ageInDays(state, time) < YOUNG_DAYS) return true;
  return ownChance(principal, hourOfWeek(hour, zone), state.f64[AT.day] as number) >= 0.5;
};

/** Chance of activity now, by its own weeks and its peers'. */
const chanceNow = (principal: Principal, seen: Observation): number => {
  const young = ageInDays(principal.state, seen.time) < YOUNG_DAYS;
  if (young && groupAge(principal, seen.time) < YOUNG_DAYS) return 1;
  const bin = hourOfWeek(seen.hour, principal.zone);
  const own = young ? 0 : ownChance(principal, bin, seen.day);
  if (own >= 2 ** -FREE) return own;
  const peers = peersOf(principal).filter(({ state }) => ageInDays(state, seen.time) >= YOUNG_DAYS);
  if (peers.length === 0) return own;
  const sum = peers.reduce((so, peer) => so + ownChance(peer, bin, Math.floor(peer.state.f64[AT.day] as number)), 0);
  return Math.max(own, (young ? 1 : 0.5) * (sum / peers.length));
};

/** Takes a use into account: bits are only added in a new cell of five minutes, and where there are many uses in one. */
export const noteHour = (principal: Principal, seen: Observation, frozen: boolean): number | undefined => {
  const { state } = principal;
  const cell = Math.floor(seen.time / CELL);
  let bits: number;
  if (cell !== state.f64[AT.cell]) {
    state.f64[AT.cell] = cell;
    state.u16[AT.cellUses] = 1;
    if (!frozen) countCell(state, seen.time);
    seen.chance = chanceNow(principal, seen);
    bits = Math.min(MOST, Math.max(0, -Math.log2(Math.max(seen.chance, 1e-6)) - FREE));
    state.f32[AT.cellBits] = bits;
  } else {
    const uses = Math.min(0xffff, (state.u16[AT.cellUses] as number) + 1);
    state.u16[AT.cellUses] = uses;
    if (uses !== MANY && uses !== VERY_MANY) return undefined;
    const ofCell = state.f32[AT.cellBits] as number;
    // What was last asked may have been of another principal.
    seen.chance = 2 ** -(ofCell + FREE);
    bits = ofCell / 2;
  }
  if (bits === 0) return undefined;
  const value = add(state, NIGHT, seen.time, bits);
  if (value > UNUSUAL) explain(principal, seen);
  return (state.u16[AT.nightExplained] as number) > 0 ? undefined : value;
};

/** Where several members work at the same unusual hour, it is the group's. */
const explain = (principal: Principal, seen: Observation): void => {
  const active = peersOf(principal).filter(
    ({ state }) =>
      seen.time - (state.f64[AT.levelAt + NIGHT] as number) < HOUR && levelAt(state, NIGHT, seen.time) > UNUSUAL,
  );
  if (!isShared(active.length, presentMembers(principal, seen.time))) return;
  for (const member of [principal, ...active]) {
    member.state.u16[AT.nightExplained] = 1;
    member.group?.touch(member);
  }
};
