import { SEASONAL_SLACK } from './series.ts';
import { AT, get, HOURS_OF_WEEK, type State } from './state.ts';
import { hourOfWeek } from './zone.ts';

/**
 * When a principal works: per hour of the week, in how many of the passed weeks it was active, and with how many requests.
 * A quiet hour has a chance q of benign activity (Beta-binomial over its own and related hours); activity that lasts is
 * judged in cells of five minutes: each further one in the hour has the chance ρ of benign activity going on, and ANOTHER · ρ
 * after a pause.
 */

export const CELL = 5 * 60_000;
const CELLS_IN_HOUR = 12;
const CELLS_MASK = (1 << CELLS_IN_HOUR) - 1;
/** Weight of a past week against the one after it: half-life of eight weeks. */
const WEEK = 0.5 ** (1 / 8);
/** Chance of benign activity in an hour of which nothing is known, worth one pass. */
const PRIOR_ACTIVE = 0.3;
/** Chance that benign activity in a quiet hour goes on for another five-minute cell, once the hours are well known. */
const PERSISTENCE = 1 / 6;
/** Chance that benign activity which has ended comes back in the same hour, relative to its going on. */
const ANOTHER = 0.35;
/** How much more likely activity is to go on where an hour is active now and then, such as just after office hours. */
const SPILL = 6;
/** An hour with a greater chance of activity is no quiet hour. */
const QUIET = 0.2;
/**
 * Weights of the hours one and two before and after, and of the same hour on days of the same kind (Mon-Fri, Sat-Sun). Two,
 * because after a clock change overtime lies two hours behind what used to be the last hour of work.
 */
const NEIGHBOUR = 0.5;
const SECOND_NEIGHBOUR = 0.25;
const SAME_KIND_OF_DAY = 0.5;

/** What is known of one hour of the week: weighted passes, active passes and requests. */
interface Passes {
  all: number;
  active: number;
  requests: number;
}

/** Weighted number of times that hour `bin` of the week has passed between the hours `first` (included) and `now` (excluded). */
const passesOf = (bin: number, firstBin: number, hours: number): number => {
  const wait = (bin - firstBin + HOURS_OF_WEEK) % HOURS_OF_WEEK;
  if (hours <= wait) return 0;
  const weeks = Math.floor((hours - 1 - wait) / HOURS_OF_WEEK) + 1;
  return (1 - WEEK ** weeks) / (1 - WEEK);
};

const gather = (state: State, zone: string, hour: number, into: Passes): void => {
  const first = get(state.f64, AT.firstSeen);
  if (first === 0) return;
  const firstHour = Math.floor(first / 3_600_000);
  const firstBin = hourOfWeek(firstHour, zone);
  const bin = hourOfWeek(hour, zone);
  const take = (at: number, weight: number): void => {
    const place = (at + HOURS_OF_WEEK) % HOURS_OF_WEEK;
    into.all += weight * passesOf(place, firstBin, hour - firstHour);
    into.active += weight * get(state.f32, AT.activePasses + place);
    into.requests += weight * get(state.f32, AT.requestsPerPass + place);
  };
  take(bin, 1);
  take(bin - 1, NEIGHBOUR);
  take(bin + 1, NEIGHBOUR);
  take(bin - 2, SECOND_NEIGHBOUR);
  take(bin + 2, SECOND_NEIGHBOUR);
  const day = Math.floor(bin / 24);
  const [from, to] = day < 5 ? [0, 5] : [5, 7];
  for (let other = from; other < to; other++) if (other !== day) take(other * 24 + (bin % 24), SAME_KIND_OF_DAY);
};

const passesAround = (state: State, peers: State | undefined, zone: string, hour: number): Passes => {
  const passes = { all: 0, active: 0, requests: 0 };
  gather(state, zone, hour, passes);
  if (peers) gather(peers, zone, hour, passes);
  return passes;
};

/** Requests that this hour of the week usually has. */
const expectedRequests = (state: State, zone: string, hour: number): number => {
  const passes = passesAround(state, undefined, zone, hour);
  return passes.all > 0 ? passes.requests / passes.all : 0;
};

/** The last hour's requests relative to the hour's usual number; 1 means as usual. */
export const seasonalRatio = (state: State, requests: number): number => {
  const expected = Math.max(get(state.f64, AT.expectedBefore), get(state.f64, AT.expectedNow));
  return (requests + SEASONAL_SLACK) / (expected + SEASONAL_SLACK);
};

/** Flags of the running hour: what was seen in it must not be learned. */
const HOUR_HELD = 1;
export const holdHour = (state: State): void => {
  state.u16[AT.hourFlags] = get(state.u16, AT.hourFlags) | HOUR_HELD;
};

const learnHour = (state: State, bin: number, hour: number, zone: string): void => {
  const held = (get(state.u16, AT.hourFlags) & HOUR_HELD) !== 0;
  const active = AT.activePasses + bin;
  const requests = AT.requestsPerPass + bin;
  const usual = held ? expectedRequests(state, zone, hour) : get(state.f64, AT.hourRequests);
  state.f32[active] = get(state.f32, active) * WEEK + (held ? 0 : 1);
  state.f32[requests] = get(state.f32, requests) * WEEK + usual;
};

const passIdle = (state: State, from: number, to: number, zone: string): void => {
  const weeks = Math.floor((to - from) / HOURS_OF_WEEK);
  if (weeks > 0) {
    const factor = WEEK ** weeks;
    for (let at = 0; at < HOURS_OF_WEEK; at++) {
      state.f32[AT.activePasses + at] = get(state.f32, AT.activePasses + at) * factor;
      state.f32[AT.requestsPerPass + at] = get(state.f32, AT.requestsPerPass + at) * factor;
    }
  }
  for (let hour = from + weeks * HOURS_OF_WEEK; hour < to; hour++) {
    const bin = hourOfWeek(hour, zone);
    state.f32[AT.activePasses + bin] = get(state.f32, AT.activePasses + bin) * WEEK;
    state.f32[AT.requestsPerPass + bin] = get(state.f32, AT.requestsPerPass + bin) * WEEK;
  }
};

const HOUR_AMOUNTS = [AT.hourRequests, AT.hourBytes, AT.hourRows, AT.hourDenied, AT.hourErrors];

/** Closes the hours before `hour`: the last active one is learned, idle ones in between have passed without activity. */
export const rollHour = (state: State, hour: number, zone: string): void => {
  const last = get(state.f64, AT.hour);
  if (last > 0) {
    learnHour(state, hourOfWeek(last, zone), last, zone);
    passIdle(state, last + 1, hour, zone);
  }
  state.f64[AT.hour] = hour;
  for (const amount of HOUR_AMOUNTS) state.f64[amount] = 0;
  state.u16[AT.hourFlags] = 0;
  state.f64[AT.expectedBefore] =
    hour === last + 1 ? get(state.f64, AT.expectedNow) : expectedRequests(state, zone, hour - 1);
  state.f64[AT.expectedNow] = expectedRequests(state, zone, hour);
};

/** Marks the five-minute cell of `time` as active: true if it is the first use in it. */
export const enterCell = (state: State, time: number): boolean => {
  const cell = Math.floor(time / CELL);
  const last = get(state.f64, AT.cell);
  if (cell === last) return false;
  const shift = cell - last;
  const kept = shift >= CELLS_IN_HOUR ? 0 : (get(state.u32, AT.cells) << shift) & CELLS_MASK;
  state.u32[AT.cells] = kept | 1;
  state.f64[AT.cell] = cell;
  return true;
};

const bitsSet = (mask: number): number => {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
};

/** Runs of adjacent active cells. */
const burstsIn = (mask: number): number => bitsSet(mask & ~(mask << 1));

/** How unusual the activity of the last hour is, and of what it was made. */
export interface QuietHour {
  readonly bits: number;
  /** Five-minute cells with activity in the last hour, 1 … 12. */
  readonly cells: number;
  /** Weighted number of times that such an hour has passed, and in how many of them it was active. */
  readonly passes: number;
  readonly activePasses: number;
}

/** Surprise of being active now; call once per newly active cell. */
export const quietHour = (state: State, peers: State | undefined, zone: string, hour: number): QuietHour => {
  const passes = passesAround(state, peers, zone, hour);
  const chance = (passes.active + PRIOR_ACTIVE) / (passes.all + 1);
  if (chance > QUIET) {
    // What is done in a busy hour must not count against the quiet one after it.
    state.u32[AT.cells] = 0;
    return { bits: 0, cells: 0, passes: passes.all, activePasses: passes.active };
  }
  const cells = bitsSet(get(state.u32, AT.cells));
  const unsure = Math.min(1, SPILL * chance + 1 / (passes.all + 1));
  const persistence = PERSISTENCE + (1 - PERSISTENCE) * unsure;
  const another = ANOTHER + (1 - ANOTHER) * unsure;
  const bursts = burstsIn(get(state.u32, AT.cells));
  const bits =
    -Math.log2(chance) - (cells - bursts) * Math.log2(persistence) - (bursts - 1) * Math.log2(persistence * another);
  return { bits, cells, passes: passes.all, activePasses: passes.active };
};
