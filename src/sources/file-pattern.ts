import { glob, isDynamicPattern } from 'tinyglobby';
import { isRotatedFrom, statIfThere } from './rotation.ts';

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
  #lookAt = 0;
  #isMissing = true;

  /** @param isFollowed whoever reads a file also reads what rotation made of it: such files are then none of their own */
  constructor(pattern: string, isFollowed: boolean) {
    this.pattern = pattern;
    this.isDynamic = isDynamicPattern(pattern);
    this.#isFollowed = isFollowed;
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
    const fresh = found.filter((path) => !this.#known.has(path));
    for (const path of fresh) this.#known.add(path);
    const now = performance.now();
    this.#lookAt = now + Math.max(LOOK_EVERY, (now - began) / SHARE);
    return fresh;
  }

  async #glob(): Promise<string[]> {
    const found = (await glob(this.pattern, { absolute: true, dot: true, expandDirectories: false })).sort();
    if (!this.#isFollowed) return found;
    // Also of one that is away for a moment, between its rotation and its next line.
    const logs = new Set([...this.#known, ...found]);
    return found.filter((path) => ![...logsBehind(path)].some((log) => logs.has(log)));
  }
}

/** What a file may have been before rotation, by its name: `a.log` and `a.log.1` of `a.log.1.gz`. */
function* logsBehind(path: string): Generator<string> {
  for (let end = path.length - 1; end > path.lastIndexOf('/'); end--) {
    const log = path.slice(0, end);
    if (isRotatedFrom(log, path)) yield log;
  }
}
