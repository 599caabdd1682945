import { VOLUME_COUNT } from './series.ts';
import { AT, DAYS, get, type State } from './state.ts';

/** The greatest values of the last active days, day by day, in two bytes each: 1,500 steps to a doubling. */
const STEPS = 1_500;
const packed = (value: number): number => Math.min(0xffff, Math.round(Math.log2(1 + Math.max(0, value)) * STEPS));
const unpacked = (code: number): number => 2 ** (code / STEPS) - 1;

/** Notes a day; the place of the oldest one is taken. */
export const notePast = (state: State, day: number, values: (volume: number) => number): void => {
  let place = 0;
  for (let at = 1; at < DAYS; at++)
    if (get(state.u16, AT.pastDay + at) < get(state.u16, AT.pastDay + place)) place = at;
  state.u16[AT.pastDay + place] = day;
  for (let volume = 0; volume < VOLUME_COUNT; volume++)
    state.u16[AT.past + volume * DAYS + place] = packed(values(volume));
};

/** The greatest values of the days between `from` and `to`, both included, on which there was anything, the latest first. */
export const pastValues = (state: State, volume: number, from = 1, to = Number.POSITIVE_INFINITY): number[] => {
  const found: [day: number, value: number][] = [];
  for (let place = 0; place < DAYS; place++) {
    const day = get(state.u16, AT.pastDay + place);
    const code = get(state.u16, AT.past + volume * DAYS + place);
    if (day >= from && day <= to && code > 0) found.push([day, unpacked(code)]);
  }
  return found.sort(([a], [b]) => b - a).map(([, value]) => value);
};

/** The upper of the two middle ones, where there are two. */
export const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
