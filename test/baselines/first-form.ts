import type { SavedBaselines } from '../../src/baselines/baselines.ts';
import { FIRST_LAYOUT } from '../../src/baselines/first-layout.ts';
import { type Places, placesOf } from '../../src/baselines/layout.ts';
import type { Name } from '../../src/baselines/names.ts';
import { FIRST, StateReader } from '../../src/baselines/saved-states.ts';
import { LAYOUT } from '../../src/baselines/state.ts';

const BEFORE = placesOf(FIRST_LAYOUT);
const NOW = placesOf(LAYOUT);

type Numbers = Float64Array | Float32Array | Uint32Array | Uint16Array;
const ARRAY = { f64: Float64Array, f32: Float32Array, u32: Uint32Array, u16: Uint16Array };

/** The numbers of a field. */
function numbersOf(state: ArrayBuffer, places: Places, name: string): Numbers {
  const field = places.fields.get(name);
  if (field === undefined) throw new Error(`no field ${name}`);
  const { from } = places.arrays[field.array];
  const array = ARRAY[field.array];
  return new array(state, from + field.first * array.BYTES_PER_ELEMENT, field.count);
}

/** The field of a state of today's layout. */
export const fieldOf = (state: ArrayBuffer, name: string): number[] => [...numbersOf(state, NOW, name)];

/** The bytes that a state had when names had 32 bits; `names` are those of everything that is known. */
export function inFirstForm(state: ArrayBuffer, names: readonly Name[]): ArrayBuffer {
  const before = new ArrayBuffer(BEFORE.bytes);
  for (const { name, count } of BEFORE.fields.values()) {
    if (!NOW.fields.has(name)) continue;
    const numbers = numbersOf(state, NOW, name);
    numbersOf(before, BEFORE, name).set(numbers.subarray(0, count));
    const high = name.endsWith('.hash') ? `${name}High` : name === 'minuteNetwork' ? 'minuteNetworkHigh' : undefined;
    if (high === undefined) continue;
    const upper = numbersOf(state, NOW, high);
    for (let at = 0; at < count; at++) {
      if (upper[at] === 0) continue;
      const known = names.find(({ low, high }) => low === numbers[at] && high === upper[at]);
      if (known === undefined) throw new Error(`${name} holds a name that was not given`);
      numbersOf(before, BEFORE, name)[at] = known.legacy;
    }
  }
  return before;
}

/** As an earlier version, whose names had 32 bits, would have saved it, and this one reads it. */
export function throughFirstForm(saved: SavedBaselines, names: readonly Name[]): SavedBaselines {
  const reader = new StateReader(new Map());
  const read = (state: ArrayBuffer): ArrayBuffer => {
    const now = reader.read(inFirstForm(state, names), FIRST);
    if (now === undefined) throw new Error('a state of the first form is unreadable');
    return now;
  };
  return {
    key: undefined,
    isMigrated: true,
    principals: saved.principals.map(([name, group, zone, state]) => [name, group, zone, read(state)]),
    groups: saved.groups.map(([name, state]) => [name, read(state)]),
  };
}

/** Greatest days of a series, as that version kept them: the last eight, all alike. */
export function setGreatest(before: ArrayBuffer, series: string, value: number, lastDay: number): void {
  const place = 8 * FIRST_LAYOUT.series.indexOf(series);
  for (let day = 0; day < 8; day++) {
    numbersOf(before, BEFORE, 'top')[place + day] = value;
    numbersOf(before, BEFORE, 'topDay')[place + day] = lastDay - day;
  }
}
