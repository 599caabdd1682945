import { deserialize, serialize } from 'node:v8';
import { UNREGISTERED_AGENT } from '../attribution/attributed.ts';
import type { SavedBaselines } from '../baselines/baselines.ts';
import { FIRST_LAYOUT_HASH } from '../baselines/first-layout.ts';
import { type Layout, layoutFrom } from '../baselines/layout.ts';
import { FIRST, type MigrationReport, StateReader } from '../baselines/saved-states.ts';
import { LAYOUT, LAYOUT_ID } from '../baselines/state.ts';
import { UsageError } from '../errors.ts';
import type { Row, Store } from '../sinks/store.ts';
import type { SavedCore } from './core.ts';
import type { SavedMerge } from './merge.ts';
import { type NameKey, underKey } from './name-key.ts';

/** Name of the checkpoint in the store. */
const NAME = 'local';
/** Of what stands beside the baselines. Raised only together with code that reads the form before. */
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
  store.run('INSERT OR IGNORE INTO layouts (id, description) VALUES (?, ?)', LAYOUT_ID, JSON.stringify(LAYOUT));
  for (const [name, group, zone, state] of baselines.principals) saveRow(store, 'principal', name, group, zone, state);
  for (const [name, state] of baselines.groups) saveRow(store, 'group', name, undefined, undefined, state);
  const rest = withBaselines(checkpoint, { key: baselines.key, principals: [], groups: [] });
  store.saveCheckpoint(NAME, serialize({ version: VERSION, ...rest }));
}

export interface Loading extends NameKey {
  /** Where the store is, for people. */
  readonly where: string;
  /** Told what became of baselines that another version saved, if there are any. */
  readonly onMigrated: (report: MigrationReport) => void;
}

/**
 * The last checkpoint with all baselines, whichever version saved it.
 * @throws UsageError where a newer Wayward saved it, or it was learned under another key
 */
export function loadCheckpoint(store: Store, loading: Loading): Checkpoint | undefined {
  const bytes = store.loadCheckpoint(NAME);
  if (bytes === undefined) return undefined;
  const saved: SavedCheckpoint = deserialize(bytes);
  if (saved.version !== VERSION)
    throw new UsageError(
      `${loading.where} has a checkpoint of form ${saved.version}; this Wayward reads ${VERSION}: run the one that saved it, or a newer one`,
    );
  forgetEvicted(store, saved.core.attributor.entries);
  const { layout, key } = saved.core.engine.baselines;
  const reader = new StateReader(layoutsOf(store));
  // Rows of earlier versions have no layout of their own; their checkpoint told which one is theirs.
  const first = layout === undefined || layout === FIRST_LAYOUT_HASH ? FIRST : layout;
  store.run('UPDATE baselines SET layout = ? WHERE layout IS NULL', first);
  const read = (row: Row): ArrayBuffer | undefined => reader.read(bufferOf(row.state), String(row.layout));
  const principals = store
    .all("SELECT name, peers, zone, state, layout FROM baselines WHERE kind = 'principal' ORDER BY rowid")
    .flatMap((row) => {
      const state = read(row);
      const { name, peers, zone } = row;
      return state ? [[String(name), peers === null ? undefined : String(peers), String(zone), state] as const] : [];
    });
  const groups = store
    .all("SELECT name, state, layout FROM baselines WHERE kind = 'group' ORDER BY rowid")
    .flatMap((row) => {
      const state = read(row);
      return state ? [[String(row.name), state] as const] : [];
    });
  const { report } = reader;
  if (report.migrated + report.unreadable > 0) loading.onMigrated(report);
  const baselines: SavedBaselines = { key, principals, groups, isMigrated: report.migrated > 0 };
  return withBaselines(saved, underKey(baselines, loading, loading.where));
}

/** As it stands in the store. */
interface SavedCheckpoint extends Checkpoint {
  readonly version: number;
  readonly core: Omit<SavedCore, 'engine'> & {
    readonly engine: Omit<SavedCore['engine'], 'baselines'> & {
      /** Earlier versions saved the id of one layout for all rows, and no key. */
      readonly baselines: SavedBaselines & { readonly layout?: string };
    };
  };
}

function layoutsOf(store: Store): ReadonlyMap<string, Layout> {
  const layouts = new Map<string, Layout>();
  for (const { id, description } of store.all('SELECT id, description FROM layouts')) {
    const layout = layoutFrom(JSON.parse(String(description)));
    if (layout !== undefined) layouts.set(String(id), layout);
  }
  return layouts;
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
    `INSERT INTO baselines (kind, name, peers, zone, state, layout) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (kind, name) DO UPDATE
     SET peers = excluded.peers, zone = excluded.zone, state = excluded.state, layout = excluded.layout`,
    kind,
    name,
    peers ?? null,
    zone ?? null,
    new Uint8Array(state),
    LAYOUT_ID,
  );
}

function bufferOf(state: unknown): ArrayBuffer {
  if (!(state instanceof Uint8Array)) throw new Error('a baseline in the store is no blob');
  const { buffer, byteLength } = state;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? buffer : new Uint8Array(state).buffer;
}
