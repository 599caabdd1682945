import { medianOf, pastValues } from './past.ts';
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

export interface Drift {
  readonly series: number;
  /** Medians of daily greatest values. */
  readonly now: number;
  readonly before: number;
}

/** The volume that has drifted furthest, after the days that are over. */
export const driftOf = (state: State): Drift | undefined => {
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
    most = times;
    furthest = { series, now, before };
  }
  return furthest;
};

/** It was told: for a while, it is the same change. */
export const tellDrift = (state: State): void => {
  state.u16[AT.driftTold] = get(state.f64, AT.day);
};
