import { glob, isDynamicPattern } from 'tinyglobby';
import { hasUnread, isRotatedFrom, statIfThere } from './rotation.ts';
import type { SourcePosition } from './source.ts';

const OPTIONS = { absolute: true, dot: true, expandDirectories: false };

/** At most this part of the time goes into looking: folders may be large. */
const SHARE = 0.01;
/** Milliseconds between two looks at least. */
const LOOK_EVERY = 1_000;

/** The files that a path or a pattern means, those that appear later, too. */
export class FilePattern {
  readonly pattern: string;
  /** Not the path of one file. */
  readonly isDynamic: boolean;
  readonly #isFollowed: boolean;
  readonly #known = new Set<string>();
  readonly #earlier: ReadonlyMap<string, SourcePosition>;
  #lookAt = 0;
  #isMissing = true;

  /**
   * @param isFollowed whoever reads a file also reads what rotation made of it: such files are then none of their own
   * @param earlier where an earlier run stood, by path: of these, files that were rotated away unread are given, too
   */
  constructor(pattern: string, isFollowed: boolean, earlier: ReadonlyMap<string, SourcePosition> = new Map()) {
    this.pattern = pattern;
    this.isDynamic = isDynamicPattern(pattern);
    this.#isFollowed = isFollowed;
    this.#earlier = this.isDynamic && isFollowed ? earlier : new Map();
  }

  /** Whether there was no file at the last look. */
  get isMissing(): boolean {
    return this.#isMissing;
  }

  /** Whether it is time to look again, by a clock that only goes forward (milliseconds). */
  isDue(now: number): boolean {
    return now >= this.#lookAt;
  }

  /** Absolute paths that it has not given before, sorted. A path that is no pattern is given at once, also where nothing is there yet. */
  async look(): Promise<string[]> {
    const began = performance.now();
    const found = this.isDynamic ? await this.#glob() : [this.pattern];
    this.#isMissing = this.isDynamic ? found.length === 0 : (await statIfThere(this.pattern)) === undefined;
    const isFirst = this.#lookAt === 0;
    const unread = isFirst && this.#earlier.size > 0 ? await this.#rotatedUnread() : [];
    const fresh = [...unread, ...found].filter((path) => !this.#known.has(path)).sort();
    for (const path of fresh) this.#known.add(path);
    const now = performance.now();
    this.#lookAt = now + Math.max(LOOK_EVERY, (now - began) / SHARE);
    return fresh;
  }

  async #glob(): Promise<string[]> {
    const found = (await glob(this.pattern, OPTIONS)).sort();
    if (!this.#isFollowed) return found;
    // Also of one that is away for a moment, between its rotation and its next line.
    const logs = new Set([...this.#known, ...this.#earlier.keys(), ...found]);
    return found.filter((path) => ![...logsBehind(path)].some((log) => logs.has(log)));
  }

  /** Of a log of each day, nothing but its compressed file may be left. */
  async #rotatedUnread(): Promise<string[]> {
    const unread = new Set<string>();
    for (const rotated of await glob([this.pattern, `${this.pattern}.*`, `${this.pattern}-*`], OPTIONS))
      for (const log of logsBehind(rotated)) {
        const position = this.#earlier.get(log);
        if (position !== undefined && !unread.has(log) && (await hasUnread(log, position))) unread.add(log);
      }
    return [...unread];
  }
}

/** What a file may have been before rotation, by its name: `a.log` and `a.log.1` of `a.log.1.gz`. */
function* logsBehind(path: string): Generator<string> {
  for (let end = path.length - 1; end > path.lastIndexOf('/'); end--) {
    const log = path.slice(0, end);
    if (isRotatedFrom(log, path)) yield log;
  }
}
