import type { SavedBaselines } from './baselines.ts';
import { startSeries } from './migrate.ts';
import { SERIES_OF } from './series.ts';
import { AT, openState, TABLES } from './state.ts';

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
  state.f64[AT.minute] = 0;
  state.u16[AT.legacyUntil] = 0;
  state.u16[AT.shapesSince] = 0;
  // What was usual of it does not hold where everything is new.
  startSeries(state, SERIES_OF.novel[0]);
}
