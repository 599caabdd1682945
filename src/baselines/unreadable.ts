import type { Reading } from '../event.ts';
import { DAY, HOUR } from './series.ts';

/** How long the windows are in which records are counted, milliseconds: a flood shows in an hour, a slow thief in a day. */
const WINDOWS = [HOUR, DAY] as const;
/** Fewer in a window are nothing to speak of, once it is known how the log can be read … */
const LEAST = 3;
/** … and in a log's first days, when its usual share is not known yet. */
const LEAST_OF_YOUNG = 20;
const YOUNG = 3 * DAY;
/** Many are so many times what was usual. */
const TIMES_USUAL = 4;
/** Decay of the usual share in an hour: half of it is left after two weeks. */
const KEPT_PER_HOUR = 0.5 ** (1 / (14 * 24));
/** Sources at a time; the one unused longest goes first. */
const MOST_SOURCES = 2_000;

/** What could not be read for one reason. Plain JSON; lists have an entry for each window. */
interface Kind {
  readonly count: number[];
  /** The greatest count of an earlier window; a reported one counts only up to the limit that it passed. */
  readonly greatest: number[];
  readonly told: boolean[];
  /** In all earlier hours, fading. */
  usual: number;
}

interface Source {
  /** Event time of the first that was heard of it, milliseconds. */
  readonly since: number;
  /** Number of each window since the epoch, and what was read in it. */
  readonly window: number[];
  readonly read: number[];
  /** In all earlier hours, fading. */
  usual: number;
  readonly kinds: [reason: string, kind: Kind][];
}

export type SavedUnreadable = readonly (readonly [name: string, source: Source])[];

/** More records of a source that can't be read than is usual there. */
export interface ManyUnreadable {
  readonly name: string;
  readonly reason: string;
  readonly count: number;
  /** Milliseconds. */
  readonly window: number;
  /** The greatest count of an earlier window of that length. */
  readonly greatest: number;
  /** The source is too new to have a usual share. */
  readonly young: boolean;
}

/** Learns the usual share of unreadable records of each source, and reports an excess. Bounded. */
export class UnreadableBySource {
  readonly #sources = new Map<string, Source>();

  /**
   * Takes a reader's report at `time` (milliseconds since the epoch).
   * @param since how long the source has been known otherwise, where it is
   */
  note(name: string, { read, unreadable }: Reading, time: number, since = time): ManyUnreadable | undefined {
    const source = this.#source(name, since);
    WINDOWS.forEach((length, at) => {
      roll(source, at, Math.floor(time / length));
      source.read[at] = (source.read[at] ?? 0) + read;
    });
    return unreadable && many(name, source, unreadable, time);
  }

  save(): SavedUnreadable {
    return structuredClone([...this.#sources]);
  }

  load(saved: SavedUnreadable): void {
    this.#sources.clear();
    for (const [name, source] of structuredClone(saved)) this.#sources.set(name, source);
  }

  #source(name: string, since: number): Source {
    const known = this.#sources.get(name);
    const [oldest] = this.#sources.keys();
    // Deleted first, so that the map stays in order of last use.
    if (known !== undefined) this.#sources.delete(name);
    else if (this.#sources.size >= MOST_SOURCES && oldest !== undefined) this.#sources.delete(oldest);
    const source = known ?? { since, window: [0, 0], read: [0, 0], usual: 0, kinds: [] };
    this.#sources.set(name, source);
    return source;
  }
}

const many = (
  name: string,
  source: Source,
  { reason, count: more }: NonNullable<Reading['unreadable']>,
  time: number,
): ManyUnreadable | undefined => {
  const kind = kindOf(source, reason);
  const known = time - source.since;
  const young = known < YOUNG;
  let told: ManyUnreadable | undefined;
  WINDOWS.forEach((window, at) => {
    const count = (kind.count[at] ?? 0) + more;
    kind.count[at] = count;
    if (known < window || kind.told[at] === true || count < leastOf(source, kind, at, young)) return;
    told ??= { name, reason, count, window, greatest: kind.greatest[at] ?? 0, young };
  });
  // The longer windows hold the same records.
  if (told !== undefined) kind.told.fill(true);
  return told;
};

const kindOf = (source: Source, reason: string): Kind => {
  const known = source.kinds.find(([one]) => one === reason);
  if (known !== undefined) return known[1];
  const kind: Kind = { count: [0, 0], greatest: [0, 0], told: [false, false], usual: 0 };
  source.kinds.push([reason, kind]);
  return kind;
};

/** How many in a window are more than usual: by the greatest count so far, and by the usual share of what is read. */
const leastOf = (source: Source, kind: Kind, at: number, young: boolean): number => {
  const share = kind.usual === 0 ? 0 : kind.usual / (kind.usual + source.usual);
  const byShare = share * ((source.read[at] ?? 0) + (kind.count[at] ?? 0));
  return Math.max(young ? LEAST_OF_YOUNG : LEAST, Math.ceil(TIMES_USUAL * Math.max(kind.greatest[at] ?? 0, byShare)));
};

/** Ends a window: its counts go into the usual share. Time that goes back stays in the current window. */
const roll = (source: Source, at: number, window: number): void => {
  const passed = window - (source.window[at] ?? 0);
  if (passed <= 0) return;
  const isHour = WINDOWS[at] === HOUR;
  const kept = KEPT_PER_HOUR ** passed;
  for (const [, kind] of source.kinds) {
    const most = kind.told[at] === true ? Math.max(LEAST, TIMES_USUAL * (kind.greatest[at] ?? 0)) : Infinity;
    const counts = Math.min(kind.count[at] ?? 0, most);
    kind.greatest[at] = Math.max(kind.greatest[at] ?? 0, counts);
    if (isHour) kind.usual = kind.usual * kept + counts;
    kind.count[at] = 0;
    kind.told[at] = false;
  }
  if (isHour) source.usual = source.usual * kept + (source.read[at] ?? 0);
  source.window[at] = window;
  source.read[at] = 0;
};
