/** Most conditions remembered at once; beyond it the one told longest ago is forgotten, which can only repeat an alert. */
const MOST_TOLD = 50_000;

const HOUR = 3_600_000;
/** After a rule has told of a principal, the same rule opens no other incident of it for so long, milliseconds. */
export const SAME_RULE = 12 * HOUR;
/** Event time within which evidence belongs to one incident, milliseconds. */
const INCIDENT = 2 * HOUR;

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

  /** Whether a rule's evidence belongs to the incident that it told of, or opens one after a long time without any; notes it. */
  isNews(detector: string, principal: string, time: number): boolean {
    const last = this.last(detector, principal, '');
    const wasSilent = last !== undefined && this.last(detector, principal, 'silent') === last;
    const isSilent = last !== undefined && time - last < SAME_RULE && (wasSilent || time - last > INCIDENT);
    this.tell(detector, principal, '', time, 0);
    if (isSilent) this.tell(detector, principal, 'silent', time, 0);
    return !isSilent;
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
