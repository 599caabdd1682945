import { weeksOf } from './hours.ts';
import { AT, get, HOURS_OF_WEEK, type State } from './state.ts';

/**
 * How usual activity is at an hour of the week: its chance q from what the hour and its neighbours were in the weeks before, and from how
 * active the day of the week and the hour of the day are by themselves (as if the two were independent). Days are cut where the principal
 * is quietest, so that a night that ends at two in the morning belongs to the day on which it began.
 */

/** Shape of a principal's week, made from its state once a day. */
export interface Week {
  readonly day: number;
  readonly weeks: number;
  /** Hour of the day at which its days begin. */
  readonly cut: number;
  readonly ofDay: readonly number[];
  readonly ofHour: readonly number[];
  readonly all: number;
}

/** The quietest this many hours and as many on both sides: where the days are cut. */
const AROUND = 4;

export const weekOf = (state: State, day: number): Week => {
  const byHour = new Array<number>(24).fill(0);
  for (let bin = 0; bin < HOURS_OF_WEEK; bin++)
    byHour[bin % 24] = (byHour[bin % 24] as number) + get(state.f32, AT.activePasses + bin);
  const cut = quietest(byHour);
  const ofDay = new Array<number>(7).fill(0);
  const ofHour = new Array<number>(24).fill(0);
  for (let at = 0; at < HOURS_OF_WEEK; at++) {
    const value = get(state.f32, AT.activePasses + ((at + cut) % HOURS_OF_WEEK));
    ofDay[Math.floor(at / 24)] = (ofDay[Math.floor(at / 24)] as number) + value;
    ofHour[(at + cut) % 24] = (ofHour[(at + cut) % 24] as number) + value;
  }
  return {
    ...{ day, cut, ofDay, ofHour },
    weeks: Math.max(1, weeksOf(state, day)),
    all: ofDay.reduce((sum, value) => sum + value, 0),
  };
};

const quietest = (byHour: readonly number[]): number => {
  let least = 0;
  let fewest = Number.POSITIVE_INFINITY;
  for (let hour = 0; hour < 24; hour++) {
    let sum = 0;
    for (let by = -AROUND; by <= AROUND; by++) sum += byHour[(hour + by + 24) % 24] as number;
    if (sum >= fewest) continue;
    least = hour;
    fewest = sum;
  }
  return least;
};

/** What the hours beside one count for it. */
const BESIDE = [1, 0.7, 0.4, 0.2];
const BESIDE_IN_WEEK = 0.7;
/** Chance of activity in an hour of which nothing is known, in weeks. */
const PRIOR = 0.02;

/** Chance that the principal is active in this hour of the week. */
export const chanceOf = (state: State, { weeks, cut, ofDay, ofHour, all }: Week, bin: number): number => {
  const passes = (at: number): number => get(state.f32, AT.activePasses + ((at + HOURS_OF_WEEK) % HOURS_OF_WEEK));
  const own = Math.max(passes(bin), BESIDE_IN_WEEK * passes(bin - 1), BESIDE_IN_WEEK * passes(bin + 1));
  let hour = 0;
  for (let by = 0; by < BESIDE.length; by++)
    for (const at of [bin + by, bin - by + 24])
      hour = Math.max(hour, (BESIDE[by] as number) * (ofHour[at % 24] as number));
  const day = ofDay[Math.floor(((bin - cut + HOURS_OF_WEEK) % HOURS_OF_WEEK) / 24)] as number;
  const independent = all === 0 ? 0 : (day * hour) / all / weeks;
  return (own + Math.min(1, independent) + PRIOR) / (weeks + 1);
};
