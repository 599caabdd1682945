import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How delivery is; `since` by the wall clock, milliseconds since the epoch. `refused`: the server answers, and a person has
 * to do something before it takes anything; the reason says what.
 */
export type DeliveryState =
  | { readonly state: 'ok' }
  | { readonly state: 'retrying' | 'refused'; readonly reason: string; readonly since: number };

/** Something that was answered and has to be asked again. */
export class TryAgain extends Error {
  /** A person has to do something first. */
  readonly refused: boolean;
  /** Not before, milliseconds from now; as the server asked. */
  readonly after: number;

  constructor(message: string, refused = false, after = 0) {
    super(message);
    this.refused = refused;
    this.after = after;
  }
}

type Trouble = Exclude<DeliveryState, { readonly state: 'ok' }>;

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 5_000;

/** Repeats what a server did not do, for as long as it takes, and knows what is wrong meanwhile. */
export class Patience {
  readonly #asTryAgain: (error: unknown) => TryAgain | undefined;
  readonly #told: (state: DeliveryState) => void;
  readonly #troubles = new Map<symbol, Trouble>();
  /** What was told last. */
  #said: DeliveryState['state'] = 'ok';
  #retries = 0;

  /** @param asTryAgain what is the server's doing, in words for people; undefined for any other error */
  constructor(asTryAgain: (error: unknown) => TryAgain | undefined, told: (state: DeliveryState) => void) {
    this.#asTryAgain = asTryAgain;
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
          const again = error instanceof TryAgain ? error : this.#asTryAgain(error);
          if (again === undefined) throw error;
          this.#note(key, again.refused ? 'refused' : 'retrying', again.message);
          this.#retries++;
          await sleep(Math.max(again.after, delayOf(attempt)), undefined, { signal });
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

/** Doubles up to the longest, half of it by chance: many processes don't come back at once. */
const delayOf = (attempt: number): number =>
  Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
