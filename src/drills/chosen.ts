import { nearest } from '../config/nearest.ts';
import { UsageError } from '../errors.ts';
import { type Drill, drillWithDefaults } from './config.ts';
import type { DrillKind } from './drill-kind.ts';
import { DRILL_KINDS } from './registry.ts';

const KINDS = DRILL_KINDS.map(({ id }) => id);

/** What a person asks for by a kind, or without one: all that are configured. @throws UsageError where there is none, with what to write */
export function chosenDrills(written: string | undefined, configured: readonly Drill[]): readonly Drill[] {
  if (written === undefined) {
    if (configured.length > 0) return configured;
    throw new UsageError(
      `wayward.yaml: no drills; write drills: [{ with: ${KINDS[0]} }], or name one: ${KINDS.join(', ')}`,
    );
  }
  const kind = drillKind(written);
  const found = drillsOfKind(kind, configured);
  if (found.length > 0) return found;
  const fields = Object.keys(kind.fields).join(', ');
  throw new UsageError(`wayward.yaml: drills: has no { with: ${kind.id} }; write one with its ${fields}`);
}

/** @throws UsageError where there is no such kind */
export function drillKind(written: string): DrillKind {
  const kind = DRILL_KINDS.find(({ id }) => id === written);
  if (kind !== undefined) return kind;
  throw new UsageError(`no drill "${written}"; write ${nearest(written, KINDS) ?? `one of ${KINDS.join(', ')}`}`);
}

/** Those of wayward.yaml; else one that needs nothing from there but the revoker's settings, if its kind allows that. */
export function drillsOfKind(kind: DrillKind, configured: readonly Drill[]): readonly Drill[] {
  const found = configured.filter((drill) => drill.with === kind.id);
  if (found.length > 0) return found;
  const made = drillWithDefaults(kind);
  return made === undefined ? [] : [made];
}
