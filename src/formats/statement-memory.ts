/** Sessions at a time whose last statement is remembered; the one unused longest goes first. */
const MAX_SESSIONS = 10_000;

/**
 * The last statement of each database session, to tell the second relation of a join from a second statement.
 * `new` statement, new `part` of the same statement (a substatement), or the `same` part again.
 */
export class StatementMemory {
  readonly #last = new Map<string, readonly [statement: number, substatement: number]>();

  see(session: string, statement: number, substatement: number): 'new' | 'part' | 'same' {
    const last = this.#last.get(session);
    this.#last.delete(session);
    this.#last.set(session, [statement, substatement]);
    if (this.#last.size > MAX_SESSIONS) {
      const [oldest] = this.#last.keys();
      if (oldest !== undefined) this.#last.delete(oldest);
    }
    if (last === undefined || last[0] !== statement) return 'new';
    return last[1] === substatement ? 'same' : 'part';
  }

  forget(session: string): void {
    this.#last.delete(session);
  }

  save(): unknown {
    return [...this.#last].map(([session, [statement, substatement]]) => [session, statement, substatement]);
  }

  /** Takes what `save` gave; anything else in it is left out. */
  load(saved: unknown): void {
    this.#last.clear();
    if (!Array.isArray(saved)) return;
    for (const entry of saved.slice(-MAX_SESSIONS) as unknown[]) {
      if (!Array.isArray(entry)) continue;
      const [session, statement, substatement] = entry as unknown[];
      if (typeof session === 'string' && typeof statement === 'number' && typeof substatement === 'number') {
        this.#last.set(session, [statement, substatement]);
      }
    }
  }
}
