import { VOLUME_COUNT } from './series.ts';
import { AT, DAYS, get, type State } from './state.ts';

/** The greatest values of the last active days, day by day, in two bytes each: 1,500 steps to a doubling. */
const STEPS = 1_500;
const packed = (value: number): number => Math.min(0xffff, Math.round(Math.log2(1 + Math.max(0, value)) * STEPS));
const CODES = 0x10000;
/** What each code stands for: a new day asks for hundreds of them. */
const UNPACKED = new Float64Array(CODES).map((_, code) => 2 ** (code / STEPS) - 1);

/** Notes a day; the place of the oldest one is taken. */
export const notePast = (state: State, day: number, values: (volume: number) => number): void => {
  let place = 0;
  for (let at = 1; at < DAYS; at++)
    if (get(state.u16, AT.pastDay + at) < get(state.u16, AT.pastDay + place)) place = at;
  state.u16[AT.pastDay + place] = day;
  for (let volume = 0; volume < VOLUME_COUNT; volume++)
    state.u16[AT.past + volume * DAYS + place] = packed(values(volume));
};

/** Days and codes of one call, one number each, to be put in order of days. */
const found = new Float64Array(DAYS);

/** The greatest values of the days between `from` and `to`, both included, on which there was anything, the latest first. */
export const pastValues = (state: State, volume: number, from = 1, to = Number.POSITIVE_INFINITY): number[] => {
  const { u16 } = state;
  let count = 0;
  for (let place = 0; place < DAYS; place++) {
    const day = u16[AT.pastDay + place] as number;
    const code = u16[AT.past + volume * DAYS + place] as number;
    if (day >= from && day <= to && code > 0) found[count++] = day * CODES + code;
  }
  const inOrder = found.subarray(0, count).sort();
  const values: number[] = [];
  for (let at = count - 1; at >= 0; at--) values.push(UNPACKED[(inOrder[at] as number) % CODES] as number);
  return values;
};

/** The upper of the two middle ones, where there are two. */
export const medianOf = (values: readonly number[]): number =>
  Float64Array.from(values).sort()[Math.floor(values.length / 2)] ?? 0;
