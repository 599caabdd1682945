import { MAX_DISORDER } from './lane-clock.ts';
import { inOrder, type PendingUse } from './ordered.ts';

/** The source itself was so far behind, not only some of its records: others that were away with it may hold what belongs between. */
const FAR = 2 * MAX_DISORDER;
const isFar = ({ use, lateMs, orderTime }: PendingUse): boolean => lateMs > 0 && use.time + lateMs - orderTime > FAR;

/** Events of one source that were read together. */
class Batch {
  /** Wall clock, milliseconds. */
  readonly readAt: number;
  readonly events: readonly PendingUse[];
  /** The least `orderTime` in it. */
  readonly least: number;
  readonly isFarBehind: boolean;

  constructor(readAt: number, events: readonly PendingUse[]) {
    this.readAt = readAt;
    this.events = events;
    this.least = events.reduce((least, { orderTime }) => Math.min(least, orderTime), Number.POSITIVE_INFINITY);
    this.isFarBehind = events.some(isFar);
  }
}

/** How far a source has come by itself, whatever the stream did meanwhile. */
export interface OwnProgress {
  /** By the times of its own events: none before it is yet to come (milliseconds). */
  readonly watermark: number;
  /** Wall clock, milliseconds: what was read before has had its time to settle. */
  readonly settled: number;
}

interface Held {
  batches: Batch[];
  progress: OwnProgress;
}

/** Plain JSON but for its events. */
export interface HeldBatch<Event> {
  readonly source: string;
  readonly readAt: number;
  readonly events: readonly Event[];
  /** Of its source; null where it had none, absent in what earlier versions saved. */
  readonly watermark?: number | null;
  readonly settled?: number | null;
}

const NOWHERE: OwnProgress = { watermark: Number.NEGATIVE_INFINITY, settled: Number.NEGATIVE_INFINITY };
/** Sources that were away together are read again within so long of each other, milliseconds. */
const OTHERS_BEGIN = 2_000;
/** So long one that has caught up waits for one that has not, milliseconds: what comes in time from it by then waits, too. */
const MOST_WAIT = 60_000;

/**
 * Events that came after their turn. They wait, each source's apart, until what belongs between them has come as well, and those far
 * behind for other sources that are as late: so they are as well in order among themselves as if they had come in time.
 */
export class LateEvents {
  readonly #bySource = new Map<string, Held>();
  count = 0;

  get sources(): IterableIterator<string> {
    return this.#bySource.keys();
  }

  /** Whether something of this source waits. */
  has(source: string): boolean {
    return this.#bySource.has(source);
  }

  add(source: string, events: readonly PendingUse[], readAt: number): void {
    if (events.length === 0) return;
    const held = this.#bySource.get(source) ?? { batches: [], progress: NOWHERE };
    held.batches.push(new Batch(readAt, events));
    this.#bySource.set(source, held);
    this.count += events.length;
  }

  cameTo(source: string, progress: OwnProgress): void {
    const held = this.#bySource.get(source);
    if (held !== undefined) held.progress = progress;
  }

  /** Those that need wait no longer, in order. `now`: wall clock, milliseconds. */
  take(now: number): PendingUse[] {
    const common = this.#commonWatermark(now);
    const due: PendingUse[] = [];
    for (const [source, held] of this.#bySource) {
      held.batches = takeOf(held, common, now, due);
      if (held.batches.length === 0) this.#bySource.delete(source);
    }
    this.count -= due.length;
    return due.sort(inOrder);
  }

  /** All of them, since no more can be held. */
  takeAll(): PendingUse[] {
    const all = [...this.#bySource.values()].flatMap(({ batches }) => batches.flatMap(({ events }) => events));
    this.#bySource.clear();
    this.count = 0;
    return all;
  }

  save(): HeldBatch<PendingUse>[] {
    return [...this.#bySource].flatMap(
      ([
        source,
        {
          batches,
          progress: { watermark, settled },
        },
      ]) =>
        batches.map(({ readAt, events }) => ({
          ...{ source, readAt, events },
          ...{ watermark: finite(watermark), settled: finite(settled) },
        })),
    );
  }

  load(saved: readonly HeldBatch<PendingUse>[]): void {
    for (const { source, readAt, events, watermark, settled } of saved) {
      this.add(source, events, readAt);
      this.cameTo(source, { watermark: watermark ?? NOWHERE.watermark, settled: settled ?? NOWHERE.settled });
    }
  }

  /** Before it, all of the sources that are far behind has come, as far as they are known by now. */
  #commonWatermark(now: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const { batches, progress } of this.#bySource.values())
      for (const batch of batches) {
        if (!batch.isFarBehind) continue;
        if (batch.readAt > progress.settled) least = Math.min(least, progress.watermark);
        if (batch.readAt + OTHERS_BEGIN > now) least = Math.min(least, batch.least);
      }
    return least;
  }
}

/** Moves what is due into `due`, and returns what waits. Where a source is far behind, nothing of it leaves before what is. */
function takeOf({ batches, progress }: Held, common: number, now: number, due: PendingUse[]): Batch[] {
  const limit = batches.some(({ isFarBehind }) => isFarBehind) ? common : Number.POSITIVE_INFINITY;
  const held: Batch[] = [];
  for (const batch of batches) {
    const own = batch.readAt <= progress.settled ? Number.POSITIVE_INFINITY : progress.watermark;
    const before = batch.readAt + MOST_WAIT <= now ? own : Math.min(own, limit);
    if (batch.least >= before) {
      held.push(batch);
      continue;
    }
    const waiting: PendingUse[] = [];
    for (const event of batch.events) (event.orderTime < before ? due : waiting).push(event);
    if (waiting.length > 0) held.push(new Batch(batch.readAt, waiting));
  }
  return held;
}

const finite = (time: number): number | null => (Number.isFinite(time) ? time : null);
