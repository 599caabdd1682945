/** Length of the windows in which claims are counted, milliseconds. */
export const CLAIMS_WINDOW = 300_000;
/** Fewer in a window are never many: a client with an old password tries every few seconds. */
const LEAST = 100;
/** Many are so many times what this source has shown before. */
const TIMES_USUAL = 4;
/** How long a log that proves nothing must be known before its usual amount of claims is, milliseconds. */
const KNOWN_AFTER = 86_400_000;
/** Networks at a time; the one unused longest goes first. */
const MOST_NETWORKS = 2_000;

/** What one network claimed. Plain JSON. */
interface Counter {
  /** Number of the window since the epoch. */
  window: number;
  count: number;
  /** The greatest count of an earlier window; what was reported counts no more than it took to be reported. */
  greatest: number;
}

export interface SavedClaims {
  /** Event time of the first claim, milliseconds; null before it. */
  readonly since: number | null;
  /** The greatest of all networks. */
  readonly greatest: number;
  readonly networks: readonly (readonly [network: string, counter: Counter])[];
}

/** More claims of a source than it has shown before. */
export interface ManyClaims {
  readonly network: string;
  readonly count: number;
  readonly greatest: number;
}

/**
 * Counts, for each source network, records whose identity is rejected or not proven: they count against no agent, but many of them
 * say something about where they come from. Bounded: invented networks push each other out.
 */
export class ClaimsBySource {
  readonly #networks = new Map<string, Counter>();
  readonly #claimsAreUsual: boolean;
  #since: number | undefined;
  #greatest = 0;

  /** @param claimsAreUsual every ordinary use is a claim there: many are more than any network has shown, once that is known */
  constructor(claimsAreUsual: boolean) {
    this.#claimsAreUsual = claimsAreUsual;
  }

  /** Takes a claim at `time` (milliseconds since the epoch); tells where it is the one that makes them many. */
  note(network: string, time: number): ManyClaims | undefined {
    this.#since ??= time;
    const window = Math.floor(time / CLAIMS_WINDOW);
    const counter = this.#networks.get(network) ?? this.#open(network, window);
    if (window > counter.window) {
      counter.greatest = Math.max(counter.greatest, Math.min(counter.count, this.#least(counter)));
      this.#greatest = Math.max(this.#greatest, counter.greatest);
      counter.window = window;
      counter.count = 0;
      // Deleted first, so that the map stays in order of last use.
      this.#networks.delete(network);
      this.#networks.set(network, counter);
    }
    // Later windows have begun: in the present it would count for a flood that there is not.
    if (window < counter.window) return undefined;
    counter.count++;
    if (counter.count !== this.#least(counter)) return undefined;
    if (this.#claimsAreUsual && time - this.#since < KNOWN_AFTER) return undefined;
    return { network, count: counter.count, greatest: this.#usual(counter) };
  }

  #usual(counter: Counter): number {
    return this.#claimsAreUsual ? this.#greatest : counter.greatest;
  }

  #least(counter: Counter): number {
    return Math.max(LEAST, Math.ceil(this.#usual(counter) * TIMES_USUAL));
  }

  save(): SavedClaims {
    return {
      since: this.#since ?? null,
      greatest: this.#greatest,
      networks: [...this.#networks].map(([network, counter]) => [network, { ...counter }]),
    };
  }

  load({ since, greatest, networks }: SavedClaims): void {
    this.#since = since ?? undefined;
    this.#greatest = greatest;
    this.#networks.clear();
    for (const [network, counter] of networks) this.#networks.set(network, { ...counter });
  }

  #open(network: string, window: number): Counter {
    const [oldest] = this.#networks.keys();
    if (this.#networks.size >= MOST_NETWORKS && oldest !== undefined) this.#networks.delete(oldest);
    const counter = { window, count: 0, greatest: 0 };
    this.#networks.set(network, counter);
    return counter;
  }
}
