import { inOrder, type PendingUse } from './ordered.ts';

/** Events of one source that were read together. */
interface Batch {
  /** Wall clock, milliseconds. */
  readonly readAt: number;
  readonly events: PendingUse[];
}

/** Plain JSON but for its events. */
export interface HeldBatch<Event> {
  readonly source: string;
  readonly readAt: number;
  readonly events: readonly Event[];
}

/** How far a source has come by itself, whatever the stream did meanwhile. */
export interface OwnProgress {
  /** By the times of its own events: none before it is yet to come (milliseconds). */
  readonly watermark: number;
  /** Wall clock, milliseconds: what was read before has had its time to settle. */
  readonly settled: number;
}

/**
 * Events that came after their turn. They wait, each source's apart, until what belongs between them has come as well: so they are
 * as well in order among themselves as if they had come in time.
 */
export class LateEvents {
  readonly #bySource = new Map<string, Batch[]>();
  count = 0;

  get sources(): IterableIterator<string> {
    return this.#bySource.keys();
  }

  /** Whether something of this source waits. */
  has(source: string): boolean {
    return this.#bySource.has(source);
  }

  add(source: string, events: PendingUse[], readAt: number): void {
    const batches = this.#bySource.get(source) ?? [];
    batches.push({ readAt, events });
    this.#bySource.set(source, batches);
    this.count += events.length;
  }

  /** Those of a source that need wait no longer, in order. */
  take(source: string, { watermark, settled }: OwnProgress): PendingUse[] {
    const batches = this.#bySource.get(source);
    if (batches === undefined) return [];
    const due: PendingUse[] = [];
    const held: Batch[] = [];
    for (const { readAt, events } of batches) {
      const isSettled = readAt <= settled;
      const waiting: PendingUse[] = [];
      for (const event of events) (isSettled || event.orderTime < watermark ? due : waiting).push(event);
      if (waiting.length > 0) held.push({ readAt, events: waiting });
    }
    if (held.length > 0) this.#bySource.set(source, held);
    else this.#bySource.delete(source);
    this.count -= due.length;
    return due.sort(inOrder);
  }

  /** All of them, since no more can be held. */
  takeAll(): PendingUse[] {
    const all = this.save().flatMap(({ events }) => events);
    this.#bySource.clear();
    this.count = 0;
    return all;
  }

  save(): HeldBatch<PendingUse>[] {
    return [...this.#bySource].flatMap(([source, batches]) => batches.map((batch) => ({ source, ...batch })));
  }
}
