import { setTimeout as sleep } from 'node:timers/promises';
import { errors } from '@elastic/elasticsearch';

/** How delivery is; `since` by the wall clock, milliseconds since the epoch. */
export type DeliveryState =
  | { readonly state: 'ok' }
  | { readonly state: 'retrying'; readonly reason: string; readonly since: number };

/** Something that was answered and has to be asked again. */
export class TryAgain extends Error {}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;

/** Repeats what a server did not do, for as long as it takes, and knows what is wrong meanwhile. */
export class Patience {
  readonly #signal: AbortSignal;
  readonly #explain: (error: unknown) => string;
  readonly #told: (state: DeliveryState) => void;
  readonly #troubles = new Map<symbol, { reason: string; since: number }>();
  #retries = 0;

  constructor(signal: AbortSignal, explain: (error: unknown) => string, told: (state: DeliveryState) => void) {
    this.#signal = signal;
    this.#explain = explain;
    this.#told = told;
  }

  get retries(): number {
    return this.#retries;
  }

  /** The oldest trouble, if any. */
  get state(): DeliveryState {
    const [oldest] = this.#troubles.values();
    return oldest === undefined ? { state: 'ok' } : { state: 'retrying', ...oldest };
  }

  /** Calls until it works. @throws AbortError when stopped, and what is no fault of the server's */
  async until<T>(call: () => Promise<T>): Promise<T> {
    const key = Symbol();
    try {
      for (let attempt = 0; ; attempt++) {
        this.#signal.throwIfAborted();
        try {
          return await call();
        } catch (error) {
          this.#signal.throwIfAborted();
          if (!(error instanceof TryAgain || error instanceof errors.ElasticsearchClientError)) throw error;
          this.#note(key, this.#explain(error));
          this.#retries++;
          await sleep(delayOf(attempt), undefined, { signal: this.#signal });
        }
      }
    } finally {
      if (this.#troubles.delete(key) && this.#troubles.size === 0) this.#told(this.state);
    }
  }

  #note(key: symbol, reason: string): void {
    const since = this.#troubles.get(key)?.since ?? Date.now();
    const isNews = this.#troubles.size === 0;
    this.#troubles.set(key, { reason, since });
    if (isNews) this.#told(this.state);
  }
}

/** Doubles up to the longest, half of it by chance: many processes don't come back at once. */
const delayOf = (attempt: number): number =>
  Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
