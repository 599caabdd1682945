/** Matches kept of all rules and principals; beyond it, those of whom nothing was heard for longest are forgotten. */
const MOST = 50_000;

/** One match: when (event time, milliseconds), and the value whose different ones are counted, if any. */
type Match = readonly [time: number, value?: string];

export type SavedMatches = readonly (readonly [key: string, matches: readonly Match[]])[];

/** What principals did lately that a rule counts or waits for. Bounded; saved and restored exactly. */
export class RecentMatches {
  #kept = new Map<string, Match[]>();
  #size = 0;

  /** Notes a match of a rule. At most `most` of those within `window` (milliseconds) are kept, the newest. */
  note(key: string, time: number, window: number, most: number, value?: string): void {
    const before = this.#kept.get(key) ?? [];
    const kept = before.filter(([at, other]) => at > time - window && (value === undefined || other !== value));
    kept.push(value === undefined ? [time] : [time, value]);
    if (kept.length > most) kept.shift();
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    this.#size += kept.length - before.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#size <= MOST || oldest === key) break;
      this.forget(oldest);
    }
  }

  /** How many there were within `window` up to `time`. */
  count(key: string, time: number, window: number): number {
    const kept = this.#kept.get(key);
    if (kept === undefined) return 0;
    let count = 0;
    for (const [at] of kept) if (at <= time && at > time - window) count++;
    return count;
  }

  forget(key: string): void {
    this.#size -= this.#kept.get(key)?.length ?? 0;
    this.#kept.delete(key);
  }

  save(): SavedMatches {
    return [...this.#kept].map(([key, matches]) => [key, [...matches]] as const);
  }

  load(saved: SavedMatches): void {
    this.#kept = new Map(saved.map(([key, matches]) => [key, [...matches]]));
    this.#size = saved.reduce((sum, [, matches]) => sum + matches.length, 0);
  }
}
