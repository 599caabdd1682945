import { deserialize, serialize } from 'node:v8';
import type { Alert } from '../alerts/alert.ts';
import type { Registry } from '../attribution/registry.ts';
import type { Detector } from '../detectors/detector.ts';
import type { Store } from '../sinks/store.ts';
import { closingsAfter, loadAlert, saveAlert } from '../sinks/store-alerts.ts';
import { Core, type SavedCore } from './core.ts';
import type { Merge, SavedMerge } from './merge.ts';

/** Name of the checkpoint in the store. */
const CHECKPOINT = 'local';
/** Raised whenever a saved state of an older version can no longer be read. */
const VERSION = 1;
const CHECKPOINT_EVERY_MS = 5_000;

interface Checkpoint {
  readonly version: number;
  readonly merge: SavedMerge;
  readonly core: SavedCore;
  /** Last closing that was taken in. */
  readonly closing: number;
}

export interface LocalOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly detectors: readonly Detector[];
  /** Decides what response makes of a new or changed alert; called inside the transaction that saves it. */
  readonly respond: (alert: Alert) => void;
  /** Told of alerts after they are saved. */
  readonly saved: (alerts: readonly Alert[]) => void;
}

/** The saved positions and state of an earlier run, if there is one. */
export const loadCheckpoint = (store: Store): Checkpoint | undefined => {
  const bytes = store.loadCheckpoint(CHECKPOINT);
  if (!bytes) return undefined;
  const saved = deserialize(bytes) as Checkpoint;
  return saved.version === VERSION ? saved : undefined;
};

/**
 * The whole path in one process: events in order → core → local store and response. Alerts are saved batch by batch; the
 * state and the sources' positions every few seconds, together. A restart goes on from there: what it sees again gives the
 * same alerts under the same ids, so nothing is lost and nothing is twice.
 */
export class LocalPipeline {
  readonly core: Core;
  readonly #options: LocalOptions;
  readonly #merge: Merge;
  readonly #changed = new Map<string, Alert>();
  #closing = 0;
  #savedAt = 0;

  constructor(merge: Merge, options: LocalOptions) {
    this.#merge = merge;
    this.#options = options;
    this.core = new Core(options.registry, options.detectors, (alert) => this.#changed.set(alert.id, alert));
  }

  /** Goes on where an earlier run stood. */
  load(saved: Checkpoint): void {
    this.#merge.load(saved.merge);
    this.core.load(saved.core);
    this.#closing = saved.closing;
  }

  /** Until the sources end or the merge's signal; then saves all. */
  async run(): Promise<void> {
    for await (const batch of this.#merge.batches()) {
      this.#takeClosings();
      this.core.process(batch);
      this.#save();
      if (performance.now() - this.#savedAt > CHECKPOINT_EVERY_MS) this.checkpoint();
    }
    this.checkpoint();
  }

  /** Saves state and positions, so that a restart goes on from here. */
  checkpoint(): void {
    const saved: Checkpoint = { version: VERSION, merge: this.#merge.save(), core: this.core.save(), closing: this.#closing };
    this.#options.store.saveCheckpoint(CHECKPOINT, serialize(saved));
    this.#savedAt = performance.now();
  }

  /** Closings are records on the left: what a person called benign is taken into the baseline before the next batch. */
  #takeClosings(): void {
    const { store } = this.#options;
    for (const { seq, alert: id, verdict } of closingsAfter(store, this.#closing)) {
      const alert = verdict === 'benign' ? loadAlert(store, id) : undefined;
      if (alert) this.core.engine.accept(alert.principal, alert.start, alert.end);
      this.#closing = seq;
    }
  }

  #save(): void {
    if (this.#changed.size === 0) return;
    const alerts = [...this.#changed.values()];
    this.#changed.clear();
    this.#options.store.transaction(() => {
      for (const alert of alerts) {
        saveAlert(this.#options.store, alert);
        this.#options.respond(alert);
      }
    });
    this.#options.saved(alerts);
  }
}
