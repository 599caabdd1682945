import { DAY, HOUR } from './series.ts';
import { AT, get, HOURS_OF_WEEK, type State } from './state.ts';
import { hourOfWeek } from './zone.ts';

/**
 * When a principal works: per hour of the week, in how many of the passed weeks it was active, and with how many requests. A day is added
 * once it is over: what is done now must not make itself usual.
 */

/** Cells of five minutes: an hour with this many active ones, or more, was an active hour. */
export const CELL = 5 * 60_000;
const CELLS_OF_ACTIVE_HOUR = 3;
/** Weight of a day against the one after it: half-life of eight weeks. */
const DAILY = 0.5 ** (1 / 56);
const DAYS_OF_WEEK = 7;

/** Weeks since the first use, past ones weighing less. */
export const weeksOf = (state: State, day: number): number => {
  const days = Math.max(0, day - Math.floor(get(state.f64, AT.firstSeen) / DAY));
  return (1 - DAILY ** days) / (1 - DAILY ** DAYS_OF_WEEK);
};

/** Weights of the hours before and after, and of the same hour on days of the same kind (Mon-Fri, Sat-Sun). */
const NEIGHBOUR = 0.5;
const SAME_KIND_OF_DAY = 0.5;

/** Requests that an hour of the week usually has, by itself and the hours that are like it. */
export const expectedRequests = (state: State, zone: string, hour: number): number => {
  const weeks = weeksOf(state, Math.floor(hour / 24));
  if (weeks === 0) return 0;
  const bin = hourOfWeek(hour, zone);
  const day = Math.floor(bin / 24);
  const of = (at: number): number => get(state.f32, AT.requestsPerPass + ((at + HOURS_OF_WEEK) % HOURS_OF_WEEK));
  let sum = of(bin) + NEIGHBOUR * (of(bin - 1) + of(bin + 1));
  let weight = 1 + 2 * NEIGHBOUR;
  const [from, to] = day < 5 ? [0, 5] : [5, 7];
  for (let other = from; other < to; other++) {
    if (other === day) continue;
    sum += SAME_KIND_OF_DAY * of(other * 24 + (bin % 24));
    weight += SAME_KIND_OF_DAY;
  }
  return sum / weight / weeks;
};

const HOUR_AMOUNTS = [AT.hourRequests, AT.hourBytes, AT.hourRows, AT.hourDenied, AT.hourErrors];

/** The hour before `hour` is over; with `learn`, its requests count for its hour of the week. */
export const rollHour = (state: State, hour: number, zone: string, learn: boolean): void => {
  const last = get(state.f64, AT.hour);
  if (last > 0 && learn) {
    const bin = AT.requestsPerPass + hourOfWeek(last, zone);
    state.f32[bin] = get(state.f32, bin) + get(state.f64, AT.hourRequests);
  }
  state.f64[AT.hour] = hour;
  for (const amount of HOUR_AMOUNTS) state.f64[amount] = 0;
};

/** The last active day is over, `day` has begun: its active hours are added, and the weeks before fade. */
export const rollWeek = (state: State, day: number, zone: string): void => {
  const last = get(state.f64, AT.day);
  for (let hour = 0; hour < 24; hour++) {
    const cells = get(state.u16, AT.cellsToday + hour);
    if (cells === 0) continue;
    const bin = AT.activePasses + hourOfWeek(last * 24 + hour, zone);
    state.f32[bin] = get(state.f32, bin) + Math.min(1, cells / CELLS_OF_ACTIVE_HOUR);
  }
  state.u16.fill(0, AT.cellsToday, AT.cellsToday + 24);
  fade(state, DAILY ** (day - last));
};

const fade = (state: State, by: number): void => {
  for (let at = AT.activePasses; at < AT.activePasses + HOURS_OF_WEEK; at++) state.f32[at] = get(state.f32, at) * by;
  for (let at = AT.requestsPerPass; at < AT.requestsPerPass + HOURS_OF_WEEK; at++)
    state.f32[at] = get(state.f32, at) * by;
};

/** Marks a cell of five minutes as active. */
export const countCell = (state: State, time: number): void => {
  const hour = AT.cellsToday + (Math.floor(time / HOUR) % 24);
  state.u16[hour] = get(state.u16, hour) + 1;
};
