import { SERIES, SERIES_COUNT } from './series.ts';
import { AT, get, type State, TOP } from './state.ts';

/**
 * How surprising a day's greatest value is, from the greatest values of the days before.
 *
 * Two parts. Rank: if days are exchangeable, the chance that the next one exceeds all n before it is 1/(n+1), whatever
 * their distribution. Tail: beyond the greatest one seen, values fall off as a power law (Pareto), whose index comes from
 * the greatest days by Hill's estimator (Hill 1975; Pickands 1975, Balkema & de Haan 1974 for why a tail has that form),
 * shrunk towards PRIOR_TAIL. Day maxima do not care how the calls cluster inside a day, so bursty agents stay calm.
 */

/** Tail scale 1/α before any evidence: a value e times the greatest so far is 1/0.3 = 3.3 nats rarer. */
const PRIOR_TAIL = 0.3;
/** Days' worth of weight that the prior has against the observed tail. */
const PRIOR_WEIGHT = 3;
/** Least tail scale; a short history cannot know that its tail is that light, so it is more by YOUNG_TAIL / days. */
const LEAST_TAIL = 0.15;
const YOUNG_TAIL = 0.6;
const MOST_TAIL = 1;
/** Several windows are looked at each day: about four of them say something of their own (Bonferroni), 2 bits. */
const LOOKS_BITS = 2;
/** Days after which a greatest value is forgotten. */
const MEMORY_DAYS = 60;
/** A day may raise the greatest known value by a quarter at most, once there is a week of history: slow poisoning stays slow. */
const GROWTH = 1.25;
const FREE_GROWTH_DAYS = 7;
/** Days of its own after which a principal no longer leans on its peers. */
const OWN_DAYS = 14;
/** Fewest days, own and peers', from which anything can be said. */
const LEAST_DAYS = 2;

/** What the greatest days of a series look like, own and, while young, peers'. */
export interface Tail {
  /** Days that it stands for. */
  readonly days: number;
  /** Greatest daily value. */
  readonly greatest: number;
  /** Pareto tail scale, 1/α. */
  readonly scale: number;
}

const merged: number[] = [];

/** Active days on which the series was known. */
const daysOf = (state: State, series: number): number =>
  get(state.f32, AT.activeDays) - get(state.f32, AT.missedDays + series);

const collect = (state: State, series: number): void => {
  const first = AT.top + series * TOP;
  for (let index = first; index < first + TOP; index++) {
    const value = get(state.f32, index);
    if (value > 0) merged.push(value);
  }
};

/** Reads the tail of a series; `peers` counts only until the principal has OWN_DAYS of its own. */
export const tailOf = (state: State, peers: State | undefined, series: number): Tail => {
  merged.length = 0;
  collect(state, series);
  let days = daysOf(state, series);
  if (peers && days < OWN_DAYS) {
    collect(peers, series);
    days = Math.min(MEMORY_DAYS, days + daysOf(peers, series));
  }
  merged.sort((a, b) => b - a);
  const slack = (SERIES[series] as (typeof SERIES)[number]).slack;
  const kept = Math.min(TOP, merged.length);
  const greatest = merged[0] ?? 0;
  let excess = 0;
  const floor = Math.log((merged[kept - 1] ?? 0) + slack);
  for (let index = 0; index < kept - 1; index++) excess += Math.log((merged[index] as number) + slack) - floor;
  const scale = (PRIOR_WEIGHT * PRIOR_TAIL + excess) / (PRIOR_WEIGHT + Math.max(0, kept - 1));
  const least = LEAST_TAIL + YOUNG_TAIL / Math.max(1, days);
  return { days, greatest, scale: Math.min(MOST_TAIL, Math.max(least, scale)) };
};

/** Surprise in bits of a daily greatest `value`; 0 where it is no more than the greatest before, or nothing is known yet. */
export const surpriseOf = (tail: Tail, series: number, value: number): number => {
  if (tail.days < LEAST_DAYS) return 0;
  const slack = (SERIES[series] as (typeof SERIES)[number]).slack;
  const excess = Math.log((value + slack) / (tail.greatest + slack));
  if (excess <= 0) return 0;
  return Math.max(0, Math.log2(tail.days + 1) + (excess / tail.scale) * Math.LOG2E - LOOKS_BITS);
};

/** The value at which the surprise reaches `bits`, as the hot path compares with; infinite while nothing can be said. */
export const valueAt = (tail: Tail, series: number, bits: number): number => {
  if (tail.days < LEAST_DAYS) return Number.POSITIVE_INFINITY;
  const slack = (SERIES[series] as (typeof SERIES)[number]).slack;
  const excess = Math.max(0, ((bits + LOOKS_BITS - Math.log2(tail.days + 1)) * tail.scale) / Math.LOG2E);
  return (tail.greatest + slack) * Math.exp(excess) - slack;
};

/** Sets the values from which the series are worth a closer look today. */
export const setAlarms = (state: State, peers: State | undefined, bits: number): void => {
  for (let series = 0; series < SERIES_COUNT; series++) {
    state.f64[AT.alarm + series] = valueAt(tailOf(state, peers, series), series, bits);
  }
};

/** Takes a day's greatest value into the list of the greatest. */
export const learnGreatest = (state: State, series: number, day: number, value: number): void => {
  const first = AT.top + series * TOP;
  let least = first;
  for (let index = first; index < first + TOP; index++) {
    if (day - get(state.u16, AT.topDay + index - AT.top) > MEMORY_DAYS) state.f32[index] = 0;
    if (get(state.f32, index) < get(state.f32, least)) least = index;
  }
  if (value <= get(state.f32, least)) return;
  state.f32[least] = value;
  state.u16[AT.topDay + least - AT.top] = day;
};

/** The most that a day may teach: see GROWTH. */
export const bounded = (tail: Tail, series: number, value: number): number => {
  if (tail.days < FREE_GROWTH_DAYS) return value;
  const slack = (SERIES[series] as (typeof SERIES)[number]).slack;
  return Math.min(value, (tail.greatest + slack) * GROWTH - slack);
};
