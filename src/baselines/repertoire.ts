import { legacyIndexOf, renamed } from './legacy-names.ts';
import type { Name } from './names.ts';
import { get, type State, type TableLayout } from './state.ts';

/**
 * The things a principal is known for: its actions, areas, networks, clients. A bounded table of names (keyed hashes); when it is full, the
 * thing seen on the fewest days makes room. What is new is held out of the repertoire at first: it becomes part of it by coming back.
 */

/** Half-life of the days on which a thing was seen, in days of the calendar. */
const DECAY_PER_DAY = 0.5 ** (1 / 120);
export const decayOf = (days: number): number => DECAY_PER_DAY ** Math.max(0, days);
/** Half-life of how often new things come, in active days: who works once a month has not forgotten it. */
const DECAY_PER_ACTIVE_DAY = 0.5 ** (1 / 45);

/** Days without it after which a flagged thing is news again. */
const FORGET_DAYS = 3;
/** How a thing is held, in `held`: 0 = learned, else the days that it was seen on … */
const FIRST_DAY = 1;
/** … from here where no number of days makes it part of the repertoire … */
const NEVER = 900;
/** … and from here where it was flagged, or flagged and never to be adopted. */
const FLAGGED = 1_000;
const NEVER_STEADY = 0xffff;

/** `new` was never shown; `again` is held and comes back today; `held` is held and was seen today already, or was told of lately. */
export type Known = 'known' | 'held' | 'again' | 'new';

/** Index of a name, or -1. A look-up moves no entry. */
const indexOf = (state: State, table: TableLayout, { low, high }: Name): number => {
  const { u32 } = state;
  const end = table.low + get(state.u16, table.size);
  const toHigh = table.high - table.low;
  for (let at = table.low; at < end; at++) if (u32[at] === low && u32[at + toHigh] === high) return at - table.low;
  return -1;
};

/** Index of a name, also of one that an earlier version gave; -1 where it was never shown. Changes nothing. */
export const find = (state: State, table: TableLayout, name: Name): number => {
  const found = indexOf(state, table, name);
  return found < 0 ? legacyIndexOf(state, table, name) : found;
};

/** As `find`, and an old name becomes a new one. */
export const findNow = (state: State, table: TableLayout, name: Name): number => {
  const found = indexOf(state, table, name);
  return found < 0 ? renamed(state, table, name) : found;
};

const isHeldAt = (state: State, table: TableLayout, index: number): boolean => get(state.u16, table.held + index) > 0;

/** Has the principal (or group) learned this thing? Changes nothing. */
export const knows = (state: State, table: TableLayout, name: Name): boolean => {
  const index = find(state, table, name);
  return index >= 0 && !isHeldAt(state, table, index);
};

/** Has it shown this thing since that day, learned or held? Changes nothing. */
export const hasShown = (state: State, table: TableLayout, name: Name, since = 0): boolean => {
  const index = find(state, table, name);
  return index >= 0 && get(state.u16, table.last + index) >= since;
};

/** Days on which a thing was seen, past ones weighing less. */
export const daysAt = (state: State, table: TableLayout, index: number, day: number): number =>
  get(state.f32, table.days + index) * decayOf(day - get(state.u16, table.last + index));

/** Notes a known entry as seen on `day`, and says whether it is the first time on that day. */
export const count = (state: State, table: TableLayout, index: number, day: number): boolean => {
  const last = get(state.u16, table.last + index);
  if (last >= day) return false;
  state.f32[table.days + index] = daysAt(state, table, index, day) + 1;
  state.u16[table.last + index] = day;
  return true;
};

/** Notes that an entry was seen on `day`; what is held is learned once it was seen on `steady` days. */
export const seeAt = (state: State, table: TableLayout, index: number, day: number, steady: number): Known => {
  const before = get(state.u16, table.last + index);
  const isFirst = count(state, table, index, day);
  const held = get(state.u16, table.held + index);
  if (held === 0) return 'known';
  if (!isFirst) return 'held';
  const isTold = held >= FLAGGED && day - before <= FORGET_DAYS;
  if (held < NEVER || (held >= FLAGGED && held !== NEVER_STEADY))
    state.u16[table.held + index] = (held + 1) % FLAGGED >= steady ? 0 : held + 1;
  return isTold ? 'held' : 'again';
};

const leastUsed = (state: State, table: TableLayout, day: number): number => {
  let least = 0;
  let fewest = Number.POSITIVE_INFINITY;
  for (let index = 0; index < table.capacity; index++) {
    const days = daysAt(state, table, index, day);
    if (days >= fewest) continue;
    least = index;
    fewest = days;
  }
  return least;
};

/** What becomes of a new thing: learned at once, held until it comes back often enough, or held for good. */
export type Hold = 'learn' | 'hold' | 'hold-for-good';
const HELD: Readonly<Record<Hold, number>> = { learn: 0, hold: FIRST_DAY, 'hold-for-good': NEVER };

/** Puts a new thing in and gives its index; `evicted` is called first where it takes the place of another. */
export const admit = (
  state: State,
  table: TableLayout,
  name: Name,
  day: number,
  how: Hold,
  evicted?: (index: number) => void,
): number => {
  const size = get(state.u16, table.size);
  const isFull = size >= table.capacity;
  const index = isFull ? leastUsed(state, table, day) : size;
  if (isFull) evicted?.(index);
  else state.u16[table.size] = size + 1;
  state.u32[table.low + index] = name.low;
  state.u32[table.high + index] = name.high;
  state.f32[table.days + index] = 1;
  state.u16[table.last + index] = day;
  state.u16[table.first + index] = day;
  state.u16[table.held + index] = HELD[how];
  return index;
};

/** A held thing becomes part of the repertoire. */
export const adopt = (state: State, table: TableLayout, index: number): void => {
  state.u16[table.held + index] = 0;
};

/** A held thing was flagged: for a while, it is the same finding. */
export const flagThing = (state: State, table: TableLayout, index: number): void => {
  const held = get(state.u16, table.held + index);
  if (held === 0 || held >= FLAGGED) return;
  state.u16[table.held + index] = held >= NEVER ? NEVER_STEADY : FLAGGED + held;
};

export const isFlaggedThing = (state: State, table: TableLayout, index: number): boolean =>
  get(state.u16, table.held + index) >= FLAGGED;

/** A day on which something new was shown, counted once. */
export const countNew = (state: State, table: TableLayout, day: number): void => {
  if (state.u16[table.lastNew] === day) return;
  state.u16[table.lastNew] = day;
  state.f32[table.newDays] = get(state.f32, table.newDays) + 1;
};

/** Makes what was held and last seen between these days part of the repertoire: its alert was closed as benign. */
export const acceptHeld = (state: State, table: TableLayout, from: number, to: number): void => {
  const size = get(state.u16, table.size);
  for (let index = 0; index < size; index++) {
    const last = get(state.u16, table.last + index);
    if (last >= from && last <= to) adopt(state, table, index);
  }
};

/** Another active day has passed. */
export const countDay = (state: State, table: TableLayout): void => {
  state.f32[table.newDays] = get(state.f32, table.newDays) * DECAY_PER_ACTIVE_DAY;
  state.f32[table.allDays] = get(state.f32, table.allDays) * DECAY_PER_ACTIVE_DAY + 1;
};
