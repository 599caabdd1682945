/** Most conditions remembered at once; beyond it the one told longest ago is forgotten, which can only repeat an alert. */
const MOST_TOLD = 50_000;

/**
 * Remembers lasting conditions (an expired credential, an action outside its scope) that were already told, so that
 * one of them is one alert and not one per event.
 */
export class Told {
  readonly #told = new Map<string, number>();

  /** Is this news at `time`? Tells it if so. Times are milliseconds since the epoch. */
  tell(detector: string, principal: string, subject: string, time: number, repeatAfter: number): boolean {
    const key = `${detector}\n${principal}\n${subject}`;
    const last = this.#told.get(key);
    if (last !== undefined && time - last < repeatAfter) return false;
    this.#told.delete(key);
    this.#told.set(key, time);
    if (this.#told.size > MOST_TOLD) this.#told.delete(this.#told.keys().next().value as string);
    return true;
  }

  /** When that was told last. */
  last(detector: string, principal: string, subject: string): number | undefined {
    return this.#told.get(`${detector}\n${principal}\n${subject}`);
  }

  save(): readonly (readonly [string, number])[] {
    return [...this.#told];
  }

  load(saved: readonly (readonly [string, number])[]): void {
    this.#told.clear();
    for (const [key, time] of saved) this.#told.set(renamed(key), time);
  }
}

/** Earlier versions reported all unregistered identities of a kind together: an identity reported then is not reported again. */
const renamed = (key: string): string => key.replace(/\n(unregistered\/)(\w+)\n(\2:.*)$/s, '\n$1$3\n$3');
