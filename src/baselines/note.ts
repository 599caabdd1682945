import { cappedAt } from './level.ts';
import type { Observation } from './observation.ts';
import type { Principal } from './principal.ts';
import { AT } from './state.ts';

/** A value that was told must grow by this much to be worth another look. */
const TELL_AGAIN = 1.05;

/** Notes a series' value: it is today's greatest, or over the alarm and for detectors to judge first. */
export const note = ({ state }: Principal, seen: Observation, series: number, value: number): void => {
  if (value <= (state.f32[AT.greatest + series] as number) && value <= (state.f32[AT.alarm + series] as number)) return;
  if (value > (state.f32[AT.alarm + series] as number)) {
    if (value > TELL_AGAIN * (state.f32[AT.flagged + series] as number)) {
      seen.raised.push(series);
      seen.values[series] = value;
    }
  }
  const learned = seen.frozen ? cappedAt(state.f32[AT.record + series] as number, value) : value;
  if (learned > (state.f32[AT.greatest + series] as number)) state.f32[AT.greatest + series] = learned;
};
