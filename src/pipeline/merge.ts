import { setTimeout as sleep } from 'node:timers/promises';
import { READ_SIZE, type SourcePosition } from '../sources/source.ts';
import { type LaneCounts, totalCounts } from './counts.ts';
import type { Lane, SavedLane } from './lane.ts';
import type { OrderedUse, PendingUse } from './ordered.ts';
import { PendingEvents, type SavedPending } from './pending.ts';

export interface MergeOptions {
  /** The input goes on as time does (`run`): where every lane has been read to its end, the wall clock lets events go. */
  readonly live?: boolean;
  /** Live only: lanes of sources that have appeared since, asked for again and again. */
  readonly appeared?: (() => Promise<readonly Lane[]>) | undefined;
  /** Live only: how long after its time an event may still come in order, in milliseconds, where its source does not say. */
  readonly settle?: number;
  /** Events held at most. */
  readonly maxPending?: number;
  /** Bytes of records held at most. */
  readonly maxPendingBytes?: number;
  /** Events in a batch at most. */
  readonly maxBatch?: number;
  readonly signal?: AbortSignal;
}

/** Plain JSON; holds redacted events, no records. */
export interface SavedMerge {
  readonly lanes: readonly SavedLane[];
  readonly pending: SavedPending;
}

export interface MergeCounts extends LaneCounts {
  /** Events that came out before their turn because too many were held. */
  readonly reorder_overflow: number;
  /** Events that came after their turn, when time had passed them. */
  readonly behind: number;
}

const SETTLE = 300;
const POLL = 100;
const MAX_BATCH = 8192;
const MIN_READ = 4096;
/** Saved lanes kept for sources that are away, such as a folder that is mounted later. */
const MAX_AWAY = 1_000;
/** Bytes that the first reads of all lanes together may take. */
const FIRST_READS = 32 * 1024 * 1024;

/** Where each source of a saved merge has to be opened, by the source's name. */
export const savedPositions = (saved: SavedMerge): ReadonlyMap<string, SourcePosition> =>
  new Map(saved.lanes.map(({ position }) => [position.name, position]));

/** The events of many lanes in one stream, ordered by (`orderTime`, `event.id`), whatever the lanes' order and sizes. */
export class Merge {
  readonly #lanes: Lane[];
  /** Where the sources stood that are not there now, by name. */
  #away = new Map<string, SavedLane>();
  readonly #options: MergeOptions;
  readonly #pending: PendingEvents;
  /** When each lane was last found at the end of what has been written, by the wall clock. */
  readonly #caughtUpAt = new Map<Lane, number>();
  #lastRead: Lane | undefined;
  #readSize = READ_SIZE;

  constructor(lanes: readonly Lane[], options: MergeOptions = {}) {
    this.#lanes = [...lanes];
    this.#options = options;
    this.#pending = new PendingEvents({
      events: options.maxPending ?? 500_000,
      bytes: options.maxPendingBytes ?? 512 * 1024 * 1024,
      batch: options.maxBatch ?? MAX_BATCH,
    });
  }

  /** Every event before it has come or will count as late (milliseconds since the epoch; infinite at the very ends). */
  get watermark(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes) least = Math.min(least, this.#progress(lane));
    return least;
  }

  get counts(): MergeCounts {
    const { overflow, behind } = this.#pending;
    return { ...totalCounts(this.#lanes.map((lane) => lane.counts)), reorder_overflow: overflow, behind };
  }

  get disordered(): { readonly behind: number; readonly overflow: number } {
    return this.#pending;
  }

  get lanes(): readonly Lane[] {
    return this.#lanes;
  }

  /**
   * Until every source has ended, or the signal. Between two batches, `save` gives a state to go on from exactly.
   * Live, an empty batch says that there is nothing more for now.
   */
  async *batches(): AsyncGenerator<OrderedUse[]> {
    try {
      while (!this.aborted) {
        for (const lane of (await this.#options.appeared?.()) ?? []) this.#add(lane);
        const lane = this.#nextLane();
        if (lane !== undefined) await this.#read(lane);
        if (this.#pending.worthSettling) this.#settleLate();
        if (lane !== undefined && !this.#pending.worthSorting) continue;
        yield* this.#release();
        if (lane !== undefined) continue;
        if (this.#options.live === true) yield [];
        if (!(await this.#wait())) return;
      }
    } finally {
      await Promise.all(this.#lanes.map((lane) => lane.source.close()));
    }
  }

  /** Takes events that come from beside its sources, however late. */
  add(events: readonly PendingUse[]): void {
    this.#pending.add([...events], '');
  }

  save(): SavedMerge {
    const away = [...this.#away.values()].slice(-MAX_AWAY);
    return { lanes: [...away, ...this.#lanes.map((lane) => lane.save())], pending: this.#pending.save() };
  }

  /** Goes on where `saved` stood; each source must have been opened at its saved position. Lanes without one start afresh. */
  load(saved: SavedMerge): void {
    this.#away = new Map(saved.lanes.map((lane) => [lane.position.name, lane]));
    for (const lane of this.#lanes) this.#resume(lane);
    this.#pending.load(saved.pending);
  }

  #add(lane: Lane): void {
    this.#resume(lane);
    this.#lanes.push(lane);
  }

  #resume(lane: Lane): void {
    const state = this.#away.get(lane.source.name);
    if (state === undefined) return;
    this.#away.delete(lane.source.name);
    lane.load(state);
  }

  /** It was stopped before the sources ended. */
  get aborted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  /** How far a lane has come, by its events or, at the end of a live one, by the wall clock. */
  #progress(lane: Lane): number {
    const { watermark } = lane;
    const caughtUpAt = this.#caughtUpAt.get(lane);
    if (caughtUpAt === undefined || this.#options.live !== true) return watermark;
    return Math.max(watermark, caughtUpAt - this.#settle(lane));
  }

  #settle(lane: Lane): number {
    return lane.settle ?? this.#options.settle ?? SETTLE;
  }

  /** The lane that holds the others back most, of those that may have something to read. */
  #nextLane(): Lane | undefined {
    const now = Date.now();
    let next: Lane | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes) {
      if (lane.state === 'ended') continue;
      if (lane.state === 'caught-up' && now - (this.#caughtUpAt.get(lane) ?? 0) < POLL) continue;
      const progress = this.#progress(lane);
      if (next !== undefined && progress >= least) continue;
      next = lane;
      least = progress;
    }
    return next;
  }

  async #read(lane: Lane): Promise<void> {
    // A lane that is read again and again has the time to itself: it may take more at a time.
    const first = Math.max(MIN_READ, Math.floor(FIRST_READS / this.#lanes.length));
    this.#readSize = Math.min(READ_SIZE, lane === this.#lastRead ? this.#readSize * 2 : first);
    this.#lastRead = lane;
    const now = Date.now();
    const events: PendingUse[] = [];
    await lane.read(this.#readSize, events, this.#options.live === true ? now : undefined);
    this.#pending.add(events, lane.source.name, now);
    if (lane.state === 'caught-up') this.#caughtUpAt.set(lane, now);
    else this.#caughtUpAt.delete(lane);
  }

  /** Lets go of what came late, as far as the sources have come since. */
  #settleLate(): void {
    for (const name of this.#pending.lateSources) {
      const lane = this.#lanes.find(({ source }) => source.name === name);
      const caughtUpAt = lane && this.#caughtUpAt.get(lane);
      const settled = caughtUpAt === undefined ? Number.NEGATIVE_INFINITY : caughtUpAt - this.#settle(lane as Lane);
      this.#pending.cameTo(name, { watermark: lane?.watermark ?? Number.POSITIVE_INFINITY, settled });
    }
    const goesOn = this.#options.live === true && this.#lanes.some(({ state }) => state !== 'ended');
    this.#pending.settle(goesOn ? Date.now() : Number.POSITIVE_INFINITY);
  }

  *#release(): Generator<OrderedUse[]> {
    this.#settleLate();
    this.#pending.sortIn();
    let ready = this.#pending.ready(this.watermark);
    while (ready > 0 && !this.aborted) {
      const batch = this.#pending.take(ready);
      ready -= batch.length;
      yield batch;
    }
  }

  /** Waits until it is time to look again; false if there will be nothing more. */
  async #wait(): Promise<boolean> {
    const mayAppear = this.#options.appeared !== undefined;
    if (!mayAppear && this.#lanes.every((lane) => lane.state === 'ended')) return false;
    try {
      await sleep(POLL, undefined, { signal: this.#options.signal });
      return true;
    } catch (error) {
      if (this.aborted) return false;
      throw error;
    }
  }
}
