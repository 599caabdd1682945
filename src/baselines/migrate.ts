import { recordsFrom } from './earlier-records.ts';
import { UNUSED } from './first-layout.ts';
import { type Field, type Layout, type Placed, type Places, placesOf } from './layout.ts';
import { AT, get, LAYOUT, openState, STATE_BYTES, type State } from './state.ts';

/** Set where a state with names of 32 bits was read, until it is known what day it is. */
export const UNDECIDED = 0xffff;

/** How a state of another layout becomes one of ours. */
export interface Migration {
  /** Bytes of a state before. */
  readonly bytes: number;
  /** What we know and the other layout does not: it starts anew. */
  readonly anew: readonly string[];
  /** What the other layout knows and we do not: it is forgotten. */
  readonly forgotten: readonly string[];
  readonly migrate: (before: ArrayBuffer) => ArrayBuffer;
}

/** Bookkeeping of migrations themselves: without it, nothing is missing. */
const BOOKKEEPING = new Set(['legacyUntil', 'missedDays', 'shapesSince', 'shapes']);
const HERE = placesOf(LAYOUT);

type Numbers = Float64Array | Float32Array | Uint32Array | Uint16Array;
export type Arrays = Pick<State, 'f64' | 'f32' | 'u32' | 'u16'>;

/** Upper halves of names: without them, names have 32 bits, which is what 0 says there. */
const UPPER_HALF = /[.]hashHigh$|^minuteNetworkHigh$/;
const partOf = ({ name, part }: Field): string => part ?? name;
const isSame = (a: Field, b: Field): boolean => a.array === b.array && a.each === b.each && a.of === b.of;

/** Makes a state of ours of one of `from`: what both know is copied, by name. */
export function migrationFrom(from: Layout): Migration {
  const places = placesOf(from);
  const known = places.fields;
  const changed = new Set(
    [...HERE.fields.values()].flatMap((field) => {
      const before = known.get(field.name);
      return before !== undefined && !isSame(before, field) ? [partOf(field)] : [];
    }),
  );
  const pairs = [...HERE.fields.values()].flatMap((to) => {
    const before = known.get(to.name);
    return before === undefined || changed.has(partOf(to)) ? [] : [{ before, to }];
  });
  const copied = new Set(pairs.map(({ to }) => to.name));
  const had32 = !from.fields.some(({ name }) => UPPER_HALF.test(name));
  const isNews = (name: string): boolean => !copied.has(name) && !BOOKKEEPING.has(name) && !UPPER_HALF.test(name);
  const newSeries = LAYOUT.series.filter((name) => !from.series.includes(name));
  return {
    bytes: places.bytes,
    anew: [...LAYOUT.fields.map(({ name }) => name).filter(isNews), ...newSeries],
    forgotten: [
      ...[...known.keys()].filter((name) => !HERE.fields.has(name) && name !== UNUSED),
      ...from.series.filter((name) => !LAYOUT.series.includes(name)),
    ],
    migrate(before) {
      const old = viewOf(before, places);
      const state = openState(new ArrayBuffer(STATE_BYTES));
      const entries = new Map(Object.keys(LAYOUT.tables).map((table) => [table, entriesOf(old, from, places, table)]));
      for (const { before, to } of pairs) copy(old[before.array], before, state[to.array], to, from, entries);
      for (const [table, kept] of entries) {
        const size = HERE.fields.get(`${table}.size`);
        if (size !== undefined && copied.has(size.name)) state.u16[size.first] = kept.length;
      }
      for (const name of newSeries) startSeries(state, LAYOUT.series.indexOf(name));
      recordsFrom(state, old, from, places);
      if (had32) state.u16[AT.legacyUntil] = UNDECIDED;
      return state.buffer;
    },
  };
}

const viewOf = (buffer: ArrayBuffer, { arrays }: Places): Arrays => ({
  f64: new Float64Array(buffer, arrays.f64.from, arrays.f64.length),
  f32: new Float32Array(buffer, arrays.f32.from, arrays.f32.length),
  u32: new Uint32Array(buffer, arrays.u32.from, arrays.u32.length),
  u16: new Uint16Array(buffer, arrays.u16.from, arrays.u16.length),
});

/** Which entries of a table have room, in their order: those seen on the most days. */
function entriesOf(old: Arrays, from: Layout, { fields }: Places, table: string): readonly number[] {
  const size = fields.get(`${table}.size`);
  const days = fields.get(`${table}.days`);
  if (size === undefined || days === undefined) return [];
  const used = Math.min(get(old[size.array], size.first), from.tables[table] ?? 0);
  const all = Array.from({ length: used }, (_, index) => index);
  const room = LAYOUT.tables[table] ?? 0;
  if (used <= room) return all;
  const daysOf = (index: number): number => get(old[days.array], days.first + index);
  return all
    .sort((a, b) => daysOf(b) - daysOf(a) || a - b)
    .slice(0, room)
    .sort((a, b) => a - b);
}

function copy(
  source: Numbers,
  before: Placed,
  target: Numbers,
  to: Placed,
  from: Layout,
  entries: ReadonlyMap<string, readonly number[]>,
): void {
  const move = (here: number, there: number): void => {
    for (let at = 0; at < to.each; at++)
      target[to.first + here * to.each + at] = get(source, before.first + there * to.each + at);
  };
  if (to.of === undefined) move(0, 0);
  else if (to.of === 'series') {
    for (const [here, name] of LAYOUT.series.entries()) {
      const there = from.series.indexOf(name);
      if (there >= 0) move(here, there);
    }
  } else for (const [here, there] of (entries.get(to.of) ?? []).entries()) move(here, there);
}

/** Of days that have passed nothing is known for this series; today's alarm is set when a day is over. */
export function startSeries(state: State, series: number): void {
  state.u16[AT.missedDays + series] = get(state.f32, AT.activeDays);
  state.f32[AT.alarm + series] = Number.POSITIVE_INFINITY;
}
