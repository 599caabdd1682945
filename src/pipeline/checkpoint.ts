import { deserialize, serialize } from 'node:v8';
import { UNREGISTERED_AGENT } from '../attribution/attributed.ts';
import type { SavedBaselines } from '../baselines/baselines.ts';
import { STATE_LAYOUT } from '../baselines/state.ts';
import type { Store } from '../sinks/store.ts';
import type { SavedCore } from './core.ts';
import type { SavedMerge } from './merge.ts';

/** Name of the checkpoint in the store. */
const NAME = 'local';
/** Raised whenever what an older version saved can no longer be read. */
const VERSION = 2;

/** Where a run stands, as of one moment. */
export interface Checkpoint {
  readonly merge: SavedMerge;
  readonly core: SavedCore;
  /** Last closing that was taken in. */
  readonly closing: number;
  /** Bytes of the dead-letter file that belong to it. */
  readonly deadLetters: number;
}

/**
 * Saves a checkpoint whose baselines are only those that have changed since the one before: each is a row of its own, so
 * that the cost follows what happened and not how much is known. Call it in a transaction.
 */
export function saveCheckpoint(store: Store, checkpoint: Checkpoint): void {
  const { baselines } = checkpoint.core.engine;
  for (const [name, group, zone, state] of baselines.principals) saveRow(store, 'principal', name, group, zone, state);
  for (const [name, state] of baselines.groups) saveRow(store, 'group', name, undefined, undefined, state);
  const rest = withBaselines(checkpoint, { ...baselines, principals: [], groups: [] });
  store.saveCheckpoint(NAME, serialize({ version: VERSION, ...rest }));
}

/** The last checkpoint with all baselines; `outdated` where another version of Wayward saved it: it is removed. */
export function loadCheckpoint(store: Store): Checkpoint | 'outdated' | undefined {
  const bytes = store.loadCheckpoint(NAME);
  if (bytes === undefined) return undefined;
  const saved: Checkpoint & { readonly version: number } = deserialize(bytes);
  if (saved.version !== VERSION || saved.core.engine.baselines.layout !== STATE_LAYOUT) {
    store.run('DELETE FROM baselines');
    return 'outdated';
  }
  forgetEvicted(store, saved.core.attributor.entries);
  const principals = store
    .all("SELECT name, peers, zone, state FROM baselines WHERE kind = 'principal' ORDER BY rowid")
    .map(
      ({ name, peers, zone, state }) =>
        [String(name), peers === null ? undefined : String(peers), String(zone), bufferOf(state)] as const,
    );
  const groups = store
    .all("SELECT name, state FROM baselines WHERE kind = 'group' ORDER BY rowid")
    .map(({ name, state }) => [String(name), bufferOf(state)] as const);
  return withBaselines(saved, { layout: STATE_LAYOUT, principals, groups });
}

/** Unregistered principals that have made room since they were saved. */
function forgetEvicted(store: Store, kept: readonly (readonly [name: string, lastUse: number])[]): void {
  const names = new Set(kept.map(([name]) => name));
  for (const { name } of store.all(
    "SELECT name FROM baselines WHERE kind = 'principal' AND name GLOB ?",
    `${UNREGISTERED_AGENT}/*`,
  )) {
    if (!names.has(String(name)))
      store.run("DELETE FROM baselines WHERE kind = 'principal' AND name = ?", String(name));
  }
}

const withBaselines = (checkpoint: Checkpoint, baselines: SavedBaselines): Checkpoint => ({
  ...checkpoint,
  core: { ...checkpoint.core, engine: { ...checkpoint.core.engine, baselines } },
});

function saveRow(
  store: Store,
  kind: 'principal' | 'group',
  name: string,
  peers: string | undefined,
  zone: string | undefined,
  state: ArrayBuffer,
): void {
  store.run(
    `INSERT INTO baselines (kind, name, peers, zone, state) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (kind, name) DO UPDATE SET peers = excluded.peers, zone = excluded.zone, state = excluded.state`,
    kind,
    name,
    peers ?? null,
    zone ?? null,
    new Uint8Array(state),
  );
}

function bufferOf(state: unknown): ArrayBuffer {
  if (!(state instanceof Uint8Array)) throw new Error('a baseline in the store is no blob');
  const { buffer, byteLength } = state;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? buffer : new Uint8Array(state).buffer;
}
