import { legacyIndexOf, renamed } from './legacy-names.ts';
import type { Name } from './names.ts';
import { get, type State, type TableLayout } from './state.ts';

/**
 * The things a principal is known for: its actions, networks, clients. A bounded table of names (keyed hashes); when it is full, the
 * thing seen on the fewest days makes room. How surprising a new thing is comes from how often this principal shows new
 * ones: the chance that a day has something new is (N + A) / (days + A + B), where N is the greater of two counts: days
 * that brought something new, and things seen on one day only (Good 1953: what was seen once tells of what is unseen).
 */

const A = 0.2;
const B = 4.8;
/** Half-life of days, new and all, in days. */
const DECAY_PER_DAY = 0.5 ** (1 / 45);
/** On its first days everything a principal does is new to us: those days teach names, not how often names change. */
const FIRST_DAYS = 2;
/** Distinct days that a flagged thing must return on before it becomes part of the repertoire by itself. */
const STEADY_DAYS = 7;
/** Days without it after which a held thing is news again: something grave soon, something small hardly ever. */
const FORGET_GRAVE = 3;
const FORGET_SMALL = 45;
/** The days a thing has been held are counted from here if it was more than low … */
const GRAVE = 1_000;
/** … and marks one that time alone never makes normal. */
const NEVER_STEADY = 0xffff;

export type Known = 'known' | 'held' | 'returned' | 'new';

/** Index of a name, or -1. A look-up moves no entry. */
const indexOf = (state: State, table: TableLayout, { low, high }: Name): number => {
  const { u32 } = state;
  const end = table.low + get(state.u16, table.size);
  const toHigh = table.high - table.low;
  for (let at = table.low; at < end; at++) if (u32[at] === low && u32[at + toHigh] === high) return at - table.low;
  return -1;
};

/** Looks a thing up and, if it is known, notes that it was seen on `day`. `peers` may know it under an old name, too. */
export const see = (
  state: State,
  table: TableLayout,
  name: Name,
  day: number,
  peers: State | undefined = undefined,
): Known => {
  let index = indexOf(state, table, name);
  if (index < 0) {
    index = renamed(state, table, name);
    if (index < 0) return 'new';
    if (peers) renamed(peers, table, name);
  }
  const last = get(state.u16, table.last + index);
  const held = get(state.u16, table.held + index);
  if (last !== day) {
    state.u16[table.last + index] = day;
    const days = get(state.f32, table.days + index);
    state.f32[table.days + index] = days * DECAY_PER_DAY ** (day - last) + 1;
    if (held > 0 && held !== NEVER_STEADY)
      state.u16[table.held + index] = (held + 1) % GRAVE >= STEADY_DAYS ? 0 : held + 1;
  }
  if (held === 0) return 'known';
  return day - last > (held > GRAVE ? FORGET_GRAVE : FORGET_SMALL) ? 'returned' : 'held';
};

const find = (state: State, table: TableLayout, name: Name): number => {
  const found = indexOf(state, table, name);
  return found < 0 ? legacyIndexOf(state, table, name) : found;
};

/** Has the group (or principal) learned this thing? Changes nothing. */
export const knows = (state: State, table: TableLayout, name: Name): boolean => {
  const index = find(state, table, name);
  return index >= 0 && get(state.u16, table.held + index) === 0;
};

/** Has the principal ever shown this thing, be it learned or held out because it was flagged? Changes nothing. */
export const hasShown = (state: State, table: TableLayout, name: Name): boolean => find(state, table, name) >= 0;

const leastUsed = (state: State, table: TableLayout): number => {
  let least = 0;
  for (let index = 1; index < table.capacity; index++) {
    if (get(state.f32, table.days + index) < get(state.f32, table.days + least)) least = index;
  }
  return least;
};

/** What becomes of a new thing: learned, or held out of the baseline because it was flagged low, worse, or critical. */
export type Hold = 'learn' | 'hold-small' | 'hold-grave' | 'hold-for-good';
const HELD: Readonly<Record<Hold, number>> = {
  learn: 0,
  'hold-small': 1,
  'hold-grave': GRAVE + 1,
  'hold-for-good': NEVER_STEADY,
};

/** Puts a new thing in: into the repertoire, or held out of it because it was flagged. */
export const admit = (state: State, table: TableLayout, name: Name, day: number, kind: number, how: Hold): void => {
  const size = get(state.u16, table.size);
  const index = size < table.capacity ? size : leastUsed(state, table);
  if (size < table.capacity) state.u16[table.size] = size + 1;
  state.u32[table.low + index] = name.low;
  state.u32[table.high + index] = name.high;
  state.f32[table.days + index] = 1;
  state.u16[table.last + index] = day;
  state.u16[table.kind + index] = kind;
  state.u16[table.held + index] = HELD[how];
  if ((how !== 'learn' && how !== 'hold-small') || state.u16[table.lastNew] === day) return;
  state.u16[table.lastNew] = day;
  if (get(state.f32, table.allDays) >= FIRST_DAYS) state.f32[table.newDays] = get(state.f32, table.newDays) + 1;
};

/** Makes what was held and last seen between these days part of the repertoire: its alert was closed as benign. */
export const acceptHeld = (state: State, table: TableLayout, from: number, to: number): void => {
  const size = get(state.u16, table.size);
  for (let index = 0; index < size; index++) {
    const last = get(state.u16, table.last + index);
    if (last >= from && last <= to) state.u16[table.held + index] = 0;
  }
};

/** Another active day has passed, `gap` days after the one before. */
export const countDay = (state: State, table: TableLayout, gap: number): void => {
  const decay = DECAY_PER_DAY ** gap;
  state.f32[table.newDays] = get(state.f32, table.newDays) * decay;
  state.f32[table.allDays] = get(state.f32, table.allDays) * decay + 1;
};

const seenOnce = (state: State, table: TableLayout): number => {
  let count = 0;
  const size = get(state.u16, table.size);
  for (let index = 0; index < size; index++) if (state.f32[table.days + index] === 1) count++;
  return count;
};

/** Surprise in bits of a day with something new, where `peers` lend their experience: their days count as its own. */
export const surpriseOfNew = (state: State, table: TableLayout, peers: State | undefined): number => {
  const days = get(state.f32, table.allDays) + (peers ? get(peers.f32, table.allDays) : 0);
  if (days < FIRST_DAYS) return 0;
  const newDays = get(state.f32, table.newDays) + (peers ? get(peers.f32, table.newDays) : 0);
  const expected = Math.max(newDays, seenOnce(state, table));
  return Math.max(0, -Math.log2((expected + A) / (days + A + B)));
};

/** How many learned things there are of each class: index = class. */
export const countByKind = (state: State, table: TableLayout, kinds: number): number[] => {
  const counts = new Array<number>(kinds).fill(0);
  const size = get(state.u16, table.size);
  for (let index = 0; index < size; index++) {
    const kind = get(state.u16, table.kind + index);
    if (get(state.u16, table.held + index) === 0 && kind < kinds) counts[kind] = (counts[kind] as number) + 1;
  }
  return counts;
};
