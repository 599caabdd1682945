import { NOT_YET } from './alarms.ts';
import type { Layout, Places } from './layout.ts';
import type { Arrays } from './migrate.ts';
import { notePast } from './past.ts';
import { SERIES, VOLUME_COUNT } from './series.ts';
import { AT, get, type State } from './state.ts';

/** Greatest days that earlier versions kept of each series. */
const KEPT = 8;

/**
 * Earlier versions counted in sliding windows and kept the eight greatest days of each. Records, and the days that volumes are compared with,
 * start from those; what was held out of the baseline stays held.
 */
export function recordsFrom(state: State, old: Arrays, from: Layout, { fields }: Places): void {
  const top = fields.get('top');
  const topDay = fields.get('topDay');
  if (top === undefined || topDay === undefined || top.each !== KEPT) return;
  const byDay = new Map<number, number[]>();
  for (const [series, { from: earlier }] of SERIES.entries()) {
    const before = earlier === undefined ? -1 : from.series.indexOf(earlier[0]);
    if (earlier === undefined || before < 0) continue;
    const [, factor] = earlier;
    for (let at = before * KEPT; at < (before + 1) * KEPT; at++) {
      const value = get(old[top.array], top.first + at) * factor;
      if (value === 0) continue;
      state.f32[AT.record + series] = Math.max(get(state.f32, AT.record + series), value);
      if (series >= VOLUME_COUNT) continue;
      const day = get(old[topDay.array], topDay.first + at);
      const values = byDay.get(day) ?? new Array<number>(VOLUME_COUNT).fill(0);
      values[series] = value;
      byDay.set(day, values);
    }
    takeHold(state, old, fields, series, before, factor);
    state.u16[AT.missedDays + series] = 0;
    state.f32[AT.alarm + series] = NOT_YET;
  }
  for (const [day, values] of [...byDay].sort(([a], [b]) => a - b))
    notePast(state, day, (volume) => values[volume] ?? 0);
}

function takeHold(
  state: State,
  old: Arrays,
  fields: Places['fields'],
  series: number,
  before: number,
  factor: number,
): void {
  const level = fields.get('holdLevel');
  const count = fields.get('holdCount');
  const last = fields.get('holdLast');
  if (level === undefined || count === undefined || last === undefined) return;
  state.f32[AT.holdLevel + series] = get(old[level.array], level.first + before) * factor;
  state.u16[AT.holdCount + series] = get(old[count.array], count.first + before);
  state.u16[AT.holdLast + series] = get(old[last.array], last.first + before);
}
