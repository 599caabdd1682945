/** clean: what earlier drills left; refuse: the use after the revocation. */
export type StepName = 'clean' | 'create' | 'use' | 'revoke' | 'refuse' | 'remove';

/** Times the steps of a drill, milliseconds. */
export class Stopwatch {
  readonly #steps: Partial<Record<StepName, number>> = {};
  #last: StepName = 'clean';

  /** Also where it fails. */
  async time<T>(step: StepName, work: () => Promise<T>): Promise<T> {
    if (step !== 'remove') this.#last = step;
    const began = performance.now();
    try {
      return await work();
    } finally {
      this.#steps[step] = Math.round(performance.now() - began);
    }
  }

  get steps(): Readonly<Partial<Record<StepName, number>>> {
    return this.#steps;
  }

  /** The step that it came to, before what follows in any case. */
  get last(): StepName {
    return this.#last;
  }

  /** From the order to the refusal of the next use; undefined where it did not come to that. */
  get take(): number | undefined {
    const { revoke, refuse } = this.#steps;
    return revoke === undefined || refuse === undefined ? undefined : revoke + refuse;
  }
}
