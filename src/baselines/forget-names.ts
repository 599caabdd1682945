import type { SavedBaselines } from './baselines.ts';
import { startSeries } from './migrate.ts';
import { at } from './series.ts';
import { ADDRESSES, AT, BUSY, ID_ACTIONS, openState, TABLES } from './state.ts';

/**
 * The same baselines without what principals were known for (actions, networks, clients), whose names are of a key that is gone.
 * That is learned as if they were new; hours and volumes stay.
 */
export function forgetNames(saved: SavedBaselines): SavedBaselines {
  for (const [, , , state] of saved.principals) emptyTables(state);
  for (const [, state] of saved.groups) emptyTables(state);
  return { ...saved, key: undefined, isMigrated: true };
}

function emptyTables(buffer: ArrayBuffer): void {
  const state = openState(buffer);
  for (const table of TABLES) {
    for (const one of [table.size, table.lastNew]) state.u16[one] = 0;
    for (const one of [table.newDays, table.allDays]) state.f32[one] = 0;
  }
  state.f32[AT.actionDays] = 0;
  state.u16[AT.legacyUntil] = 0;
  state.u16[AT.shapesSince] = 0;
  state.u16[AT.shapes] = 0;
  for (const one of [AT.firstUses, AT.deniedLast, AT.areaNow, AT.noveltyArea, AT.addressNow, AT.foreignNow])
    state.u16[one] = 0;
  state.u16.fill(0, AT.busy, AT.busy + BUSY);
  state.u16.fill(0, AT.idAction, AT.idAction + ID_ACTIONS);
  state.f64.fill(0, AT.addressAt, AT.addressAt + ADDRESSES);
  state.u32[AT.foreign] = 0;
  state.u32[AT.foreignHigh] = 0;
  // What was usual of them does not hold where everything is new.
  for (const metric of ['novelty', 'likeness', 'switches'] as const) startSeries(state, at(metric));
}
