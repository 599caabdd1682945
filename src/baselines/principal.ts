import type { Sizes } from './answers.ts';
import { type Name, NO_NAME } from './names.ts';
import type { Week } from './night.ts';
import type { Group } from './peers.ts';
import { DAY } from './series.ts';
import { AT, type State } from './state.ts';

/** Days of its own, or of its peers, before a baseline is trusted with more than a low finding. */
const YOUNG_DAYS = 3;

/** One principal's baseline: its state, and its peer group where it has any. */
export interface Principal {
  readonly name: string;
  readonly state: State;
  readonly group: Group | undefined;
  /** IANA zone in which its hours are counted. */
  readonly zone: string;
  /** What was known when it was last looked up today: most uses repeat it. Only saves work; no part of the state. */
  readonly recent: Recent;
  /** Since it was saved last. */
  changed: boolean;
  /** Event time (milliseconds) of the last use whose identity was only declared; infinitely early without one. */
  declaredAt: number;
}

interface Recent {
  action: string | undefined;
  actionName: Name;
  actionIndex: number;
  ip: string | undefined;
  /** Where it was last said to be. */
  sighted: string | undefined;
  client: string | undefined;
  week: Week | undefined;
  sizes: Sizes | undefined;
}

export const nothingRecent = (): Recent => ({
  action: undefined,
  actionName: NO_NAME,
  actionIndex: -1,
  ip: undefined,
  sighted: undefined,
  client: undefined,
  week: undefined,
  sizes: undefined,
});

/** Active days. */
export const daysOf = (state: State): number => state.f32[AT.activeDays] as number;

/** Days since the first use. */
export const ageInDays = (state: State, time: number): number =>
  (state.f64[AT.firstSeen] as number) === 0 ? 0 : Math.max(0, (time - (state.f64[AT.firstSeen] as number)) / DAY);

/** Age in whole days, as people are told it. */
export const wholeDays = (state: State, time: number): number => Math.floor(ageInDays(state, time));

/** Days since the group's first use; its own without a group. */
export const groupAge = ({ state, group }: Principal, time: number): number => ageInDays(group?.state ?? state, time);

/** True until the principal has three active days, or its peers have been known for three days. */
export const isYoung = ({ state, group }: Principal, time: number): boolean => {
  if (daysOf(state) >= YOUNG_DAYS) return false;
  const peers = group?.state;
  return !peers || daysOf(peers) < YOUNG_DAYS || ageInDays(peers, time) < YOUNG_DAYS;
};

/** Days without a use after which a member no longer counts as one. */
const PRESENT_DAYS = 7;

/** Members of its group that were seen lately, itself included. */
export const presentMembers = ({ group }: Principal, time: number): number =>
  group === undefined
    ? 1
    : group.members.reduce(
        (count, { state }) => count + (time - (state.f64[AT.lastSeen] as number) < PRESENT_DAYS * DAY ? 1 : 0),
        0,
      );
