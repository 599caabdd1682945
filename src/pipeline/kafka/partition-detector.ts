import { verdictOfWord } from '../../alerts/verdict.ts';
import type { Deed } from '../../attribution/deed.ts';
import type { Registry } from '../../attribution/registry.ts';
import type { Detector } from '../../detectors/detector.ts';
import type { Core, SavedCore } from '../core.ts';
import type { OwnProgress } from '../late-events.ts';
import { PendingEvents, type SavedPending } from '../pending.ts';
import type { ReloadOrder } from '../rules-in-use.ts';
import { type EventsMessage, type OwnReading, verdictOf } from './events-message.ts';

/** What one events partition has come to, as plain JSON beside the core's. */
export interface SavedDetector {
  readonly pending: SavedPending;
  /** Of each raw partition: its watermark and the greatest event time that came from it. */
  readonly sources: readonly (readonly [name: string, watermark: number | null, high: number | null])[];
  readonly waitingFor: Readonly<Record<string, number>>;
  /** Events that came since the last were handed to the core. */
  readonly unsorted: number;
  readonly frontier: number | null;
  /** What was done to credentials, the latest of each kind: the registry's file does not know it. */
  readonly deeds?: readonly Deed[];
  /** The last order to go on with other rules; absent before the first, and in what earlier versions saved. */
  readonly ordered?: ReloadOrder;
}

/** Events that leave at a time. */
const BATCH = 8_192;
/** In a backlog, so few new events are not worth sorting in. */
const WORTH_SORTING = 2_048;

/**
 * Detection of one events partition: puts events in order behind the smallest watermark of all raw partitions and hands them to
 * the core. What it does follows from the messages alone, never from clocks or from how they were fetched: a replay gives the same.
 */
export class PartitionDetector {
  #core: Core;
  readonly #pending: PendingEvents;
  readonly #sources = new Map<string, { watermark: number; high: number }>();
  #waitingFor: Readonly<Record<string, number>> = {};
  #names: readonly string[] = [];
  #frontier = Number.NEGATIVE_INFINITY;
  #unsorted = 0;
  readonly #deeds = new Map<string, Deed>();
  #ordered: ReloadOrder | undefined;

  /** @param maxWaiting events that wait at once; without it, any number */
  constructor(core: Core, maxWaiting = Number.POSITIVE_INFINITY) {
    this.#core = core;
    this.#pending = new PendingEvents({ events: maxWaiting, bytes: Number.POSITIVE_INFINITY, batch: BATCH });
  }

  get core(): Core {
    return this.#core;
  }

  /** With what rules people want it judged. */
  get ordered(): ReloadOrder | undefined {
    return this.#ordered;
  }

  /** Goes on with another registry and other detectors, which know what was done to credentials so far. */
  reload(registry: Registry, detectors: readonly Detector[]): void {
    this.#core = this.#core.reloaded(registry, detectors);
    for (const deed of this.#deeds.values()) this.#core.did(deed);
  }

  /** Nothing before it is yet to come (milliseconds); infinitely early as long as a raw partition has said nothing. */
  get watermark(): number {
    return this.#frontier;
  }

  /** Events that came after their turn, and those that left before it for lack of room. */
  get disordered(): { readonly behind: number; readonly overflow: number } {
    return this.#pending;
  }

  take(message: EventsMessage): void {
    this.#expect(message.of);
    const source = this.#sources.get(message.from);
    this.#sources.set(message.from, {
      watermark: Math.max(source?.watermark ?? Number.NEGATIVE_INFINITY, message.watermark ?? Number.NEGATIVE_INFINITY),
      high: Math.max(source?.high ?? Number.NEGATIVE_INFINITY, message.high ?? Number.NEGATIVE_INFINITY),
    });
    this.#pending.add([...message.events], message.from, message.own?.readAt);
    if (message.own !== undefined) {
      this.#pending.cameTo(message.from, progressOf(message.own));
      this.#pending.settle(message.own.readAt);
    }
    if (message.low !== undefined) this.#core.engine.sources.watch.began(message.low);
    this.#unsorted += message.events.length;
    for (const closing of message.closings)
      this.#core.close(closing.alert, verdictOfWord(closing.verdict), verdictOf(closing));
    for (const deed of message.deeds ?? []) this.#did(deed);
    this.#ordered = message.reload ?? this.#ordered;
    this.#release(message.live);
  }

  save(): SavedDetector {
    return {
      pending: this.#pending.save(),
      sources: [...this.#sources].map(
        ([name, { watermark, high }]) => [name, finite(watermark), finite(high)] as const,
      ),
      waitingFor: this.#waitingFor,
      unsorted: this.#unsorted,
      frontier: finite(this.#frontier),
      deeds: [...this.#deeds.values()],
      ...(this.#ordered !== undefined && { ordered: this.#ordered }),
    };
  }

  load(saved: SavedDetector, core: SavedCore): void {
    this.#pending.load(saved.pending);
    for (const [name, watermark, high] of saved.sources) {
      this.#sources.set(name, {
        watermark: watermark ?? Number.NEGATIVE_INFINITY,
        high: high ?? Number.NEGATIVE_INFINITY,
      });
    }
    this.#expect(saved.waitingFor);
    this.#unsorted = saved.unsorted;
    this.#frontier = saved.frontier ?? Number.NEGATIVE_INFINITY;
    this.#ordered = saved.ordered;
    this.#core.load(core);
    for (const deed of saved.deeds ?? []) this.#did(deed);
  }

  #did(deed: Deed): void {
    this.#core.did(deed);
    const key = `${deed.did} ${deed.credential}`;
    if (deed.at >= (this.#deeds.get(key)?.at ?? deed.at)) this.#deeds.set(key, deed);
  }

  /** Which raw partitions there are, as their readers say. */
  #expect(partitions: Readonly<Record<string, number>>): void {
    if (JSON.stringify(partitions) === JSON.stringify(this.#waitingFor)) return;
    this.#waitingFor = partitions;
    this.#names = Object.entries(partitions).flatMap(([topic, count]) =>
      Array.from({ length: count }, (_, partition) => `${topic}/${partition}`),
    );
  }

  #release(live: boolean): void {
    const frontier = Math.max(this.#frontier, this.#smallestWatermark());
    if (frontier === this.#frontier && !this.#pending.hasSettled) return;
    if (!live && this.#unsorted < WORTH_SORTING) return;
    this.#unsorted = 0;
    this.#frontier = frontier;
    this.#pending.sortIn();
    let ready = this.#pending.ready(frontier);
    while (ready > 0) {
      const batch = this.#pending.take(ready);
      ready -= batch.length;
      this.#core.process(batch);
    }
    const now = Math.min(frontier, this.#greatestTime());
    this.#core.decide(frontier);
    this.#core.advance(now);
    this.#core.reach(now);
  }

  #smallestWatermark(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const name of this.#names)
      least = Math.min(least, this.#sources.get(name)?.watermark ?? Number.NEGATIVE_INFINITY);
    return this.#names.length === 0 ? Number.NEGATIVE_INFINITY : least;
  }

  /** Time that no event has reached closes no incident: the stream's own time, over all its partitions. */
  #greatestTime(): number {
    let greatest = Number.NEGATIVE_INFINITY;
    for (const { high } of this.#sources.values()) greatest = Math.max(greatest, high);
    return greatest;
  }
}

const progressOf = ({ watermark, settled }: OwnReading): OwnProgress => ({
  watermark: watermark ?? Number.NEGATIVE_INFINITY,
  settled: settled ?? Number.NEGATIVE_INFINITY,
});

const finite = (time: number): number | null => (Number.isFinite(time) ? time : null);
