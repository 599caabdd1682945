import { setTimeout as sleep } from 'node:timers/promises';
import { errors } from '@elastic/elasticsearch';
import { isAway } from './why-unavailable.ts';

/**
 * How delivery is; `since` by the wall clock, milliseconds since the epoch. `refused`: Elasticsearch answers, and a person has
 * to do something before it takes anything; the reason says what.
 */
export type DeliveryState =
  | { readonly state: 'ok' }
  | { readonly state: 'retrying' | 'refused'; readonly reason: string; readonly since: number };

/** Something that was answered and has to be asked again. */
export class TryAgain extends Error {
  /** A person has to do something first. */
  readonly refused: boolean;

  constructor(message: string, refused = false) {
    super(message);
    this.refused = refused;
  }
}

type Trouble = Exclude<DeliveryState, { readonly state: 'ok' }>;

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 5_000;

/** Repeats what a server did not do, for as long as it takes, and knows what is wrong meanwhile. */
export class Patience {
  readonly #explain: (error: unknown) => string;
  readonly #told: (state: DeliveryState) => void;
  readonly #troubles = new Map<symbol, Trouble>();
  /** What was told last. */
  #said: DeliveryState['state'] = 'ok';
  #retries = 0;

  constructor(explain: (error: unknown) => string, told: (state: DeliveryState) => void) {
    this.#explain = explain;
    this.#told = told;
  }

  get retries(): number {
    return this.#retries;
  }

  /** The oldest trouble, if any; one that needs a person before all others. */
  get state(): DeliveryState {
    const troubles = [...this.#troubles.values()];
    return troubles.find(({ state }) => state === 'refused') ?? troubles[0] ?? { state: 'ok' };
  }

  /** Calls until it works. @throws AbortError when the signal says so, and what is no fault of the server's */
  async until<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    const key = Symbol();
    try {
      for (let attempt = 0; ; attempt++) {
        signal.throwIfAborted();
        try {
          return await call();
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof TryAgain || error instanceof errors.ElasticsearchClientError)) throw error;
          this.#note(key, isRefusal(error) ? 'refused' : 'retrying', this.#explain(error));
          this.#retries++;
          await sleep(delayOf(attempt), undefined, { signal });
        }
      }
    } finally {
      if (this.#troubles.delete(key)) this.#tell();
    }
  }

  #note(key: symbol, state: Trouble['state'], reason: string): void {
    const since = this.#troubles.get(key)?.since ?? Date.now();
    this.#troubles.set(key, { state, reason, since });
    this.#tell();
  }

  /** Only when it is another state than before: reasons come and go with each attempt. */
  #tell(): void {
    const { state } = this;
    if (state.state === this.#said) return;
    this.#said = state.state;
    this.#told(state);
  }
}

const isRefusal = (error: unknown): boolean => (error instanceof TryAgain ? error.refused : !isAway(error));

/** Doubles up to the longest, half of it by chance: many processes don't come back at once. */
const delayOf = (attempt: number): number =>
  Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
