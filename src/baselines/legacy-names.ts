import type { Name } from './names.ts';
import { AT, get, type State, TABLES, type TableLayout } from './state.ts';

/**
 * Names of 32 bits, from before they had 64. They are still known, and each gets its new name when its thing is seen again. Since
 * another text of the same 32 bits is found in seconds, that ends after a while.
 */

/** Days of event time for which they are known: by then, a thing seen so rarely counts for half of one seen today. */
export const LEGACY_DAYS = 45;

/** Index of the entry that has the thing's old name, or -1. Changes nothing. */
export const legacyIndexOf = (state: State, table: TableLayout, { legacy }: Name): number => {
  const { u32, u16 } = state;
  if (u16[AT.legacyUntil] === 0) return -1;
  const size = get(u16, table.size);
  for (let at = 0; at < size; at++) if (u32[table.low + at] === legacy && u32[table.high + at] === 0) return at;
  return -1;
};

/** Gives the entry that has the thing's old name its new one. Index, or -1 where there is none. */
export const renamed = (state: State, table: TableLayout, name: Name): number => {
  const index = legacyIndexOf(state, table, name);
  if (index < 0) return -1;
  state.u32[table.low + index] = name.low;
  state.u32[table.high + index] = name.high;
  return index;
};

/** Forgets what still has an old name, once its time is over. Call it when a day begins. */
export const forgetLegacy = (state: State, day: number): void => {
  const until = get(state.u16, AT.legacyUntil);
  if (until === 0 || day <= until) return;
  state.u16[AT.legacyUntil] = 0;
  for (const table of TABLES) keepNamed(state, table);
};

const keepNamed = ({ u32, f32, u16 }: State, table: TableLayout): void => {
  const size = get(u16, table.size);
  let kept = 0;
  for (let at = 0; at < size; at++) {
    if (u32[table.high + at] === 0) continue;
    for (const [array, first] of [
      [u32, table.low],
      [u32, table.high],
      [f32, table.days],
      [u16, table.last],
      [u16, table.first],
      [u16, table.held],
    ] as const)
      array[first + kept] = get(array, first + at);
    kept++;
  }
  u16[table.size] = kept;
};
