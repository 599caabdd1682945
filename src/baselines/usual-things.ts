import type { Name } from './names.ts';
import { peersOf } from './peers.ts';
import { daysOf, type Principal } from './principal.ts';
import { admit, count, countNew, findNow, knows } from './repertoire.ts';
import type { State, TableLayout } from './state.ts';

/** What a principal and its group are usually used with and from: networks, regions and clients, and how often there is a new one. */

/** Chance of a new network (or client) a day from which one says nothing. */
export const ORDINARY = 0.12;
const LEAST_GROUP_DAYS = 6;

/** How often a day of its own brings something new. */
export const rateOfNew = (state: State, table: TableLayout): number =>
  ((state.f32[table.newDays] as number) + 0.3) / ((state.f32[table.allDays] as number) + 1);

/** Chance that a day brings a new thing of this sort, by its own days and half of the group's. */
export const chanceOfNew = (principal: Principal, table: TableLayout): number => {
  const { state, group } = principal;
  if (daysOf(group?.state ?? state) <= LEAST_GROUP_DAYS) return 1;
  let fresh = 0;
  let days = 0;
  for (const { state: member } of [principal, ...peersOf(principal)]) {
    fresh += (member.f32[table.newDays] as number) + 0.3;
    days += member.f32[table.allDays] as number;
  }
  return Math.max(rateOfNew(state, table), (0.5 * fresh) / (days + 1));
};

/** Whether it or its group has shown this. */
export const isKnown = ({ state, group }: Principal, table: TableLayout, name: Name): boolean =>
  findNow(state, table, name) >= 0 || (group !== undefined && knows(group.state, table, name));

/** Takes a thing into the repertoire of the principal and its group. */
export const learnThing = (
  principal: Principal,
  table: TableLayout,
  name: Name,
  day: number,
  isNews: boolean,
): boolean => {
  const { state, group } = principal;
  const index = findNow(state, table, name);
  if (index >= 0) count(state, table, index, day);
  else {
    admit(state, table, name, day, 'learn');
    if (isNews) countNew(state, table, day);
  }
  if (group !== undefined) {
    const ofGroup = findNow(group.state, table, name);
    if (ofGroup >= 0) count(group.state, table, ofGroup, day);
    else admit(group.state, table, name, day, 'learn');
  }
  return index < 0;
};
