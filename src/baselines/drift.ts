import { medianOf, pastValues } from './past.ts';
import { type Group, isShared } from './peers.ts';
import type { Principal } from './principal.ts';
import { SERIES, type Series, VOLUME_COUNT } from './series.ts';
import { AT, get, type State } from './state.ts';

/**
 * How far volumes have drifted within two weeks. Every day may teach the record a little, so patience would teach it anything: this bounds
 * what all those days together may come to.
 */

/** Days between what is usual now and what was usual before. */
const APART = 14;
const DAYS_NOW = 3;
const DAYS_BEFORE = 5;
const TIMES = 4;
/** Of the slack that keeps a burst from being called one, so much counts here: medians are steady. */
const SLACKS = 6;
/** It must also exceed every day up to then, by this much, and each of its days must: an agent whose days differ fourfold has not drifted. */
const BEYOND = 1.5;
/** Days for which it is not told again. */
const TOLD_DAYS = 24;
/** Of a large group, so many are asked. */
const MOST_ASKED = 48;

export interface Drift {
  readonly series: number;
  /** Medians of daily greatest values. */
  readonly now: number;
  readonly before: number;
}

/** The volume that has drifted furthest, after the days that are over. */
export const driftOf = ({ state, group, name }: Principal): Drift | undefined => {
  const told = get(state.u16, AT.driftTold);
  if (told > 0 && get(state.f64, AT.day) - told < TOLD_DAYS) return undefined;
  let furthest: Drift | undefined;
  let most = 0;
  const last = get(state.f64, AT.day);
  for (let series = 0; series < VOLUME_COUNT; series++) {
    const { slack } = SERIES[series] as Series;
    const recent = pastValues(state, series).slice(0, DAYS_NOW);
    const earlier = pastValues(state, series, 1, last - APART);
    if (recent.length < DAYS_NOW || earlier.length < DAYS_BEFORE) continue;
    const now = medianOf(recent);
    const before = medianOf(earlier.slice(0, DAYS_BEFORE));
    const times = (now + slack / SLACKS) / (before + slack / SLACKS);
    if (
      times < TIMES ||
      now <= BEYOND * Math.max(...earlier) ||
      Math.min(...recent) <= Math.max(...earlier) ||
      times <= most
    )
      continue;
    if (isDriftOfGroup(group, name, series, last)) continue;
    most = times;
    furthest = { series, now, before };
  }
  return furthest;
};

/** Members that have grown by half as much, on the whole, within the same time: then it is the group's work that has grown. */
const isDriftOfGroup = (group: Group | undefined, name: string, series: number, day: number): boolean => {
  const { slack } = SERIES[series] as Series;
  const others = (group?.members ?? []).slice(0, MOST_ASKED).filter(({ name: other, state }) => {
    if (other === name || day - get(state.f64, AT.day) > DAYS_NOW) return false;
    const recent = pastValues(state, series).slice(0, DAYS_NOW);
    const earlier = pastValues(state, series, 1, day - APART).slice(0, DAYS_BEFORE);
    if (recent.length < DAYS_NOW || earlier.length < DAYS_BEFORE) return false;
    return medianOf(recent) + slack / SLACKS >= (TIMES / 2) * (medianOf(earlier) + slack / SLACKS);
  });
  return isShared(others.length, group?.members.length ?? 1);
};

/** It was told: for a while, it is the same change. */
export const tellDrift = (state: State): void => {
  state.u16[AT.driftTold] = get(state.f64, AT.day);
};
