import { FNV_START, fnv1a } from '../text-hash.ts';

/** Sessions at a time whose last statement is remembered; the one unused longest goes first. */
const MAX_SESSIONS = 10_000;
/** As much of a statement's text as is compared, in UTF-16 units. */
const COMPARED = 4_096;
/** pgaudit's word for a text that an earlier line of the same statement has (`pgaudit.log_statement_once`). */
const SAME_AS_BEFORE = '<previously logged>';

type Last = readonly [statement: number, substatement: number, text: number | undefined];

/**
 * The last statement of each database session, to tell the second relation of a join from a second statement.
 * `new` statement, new `part` of the same statement (a substatement), or the `same` part again. A line with another text under the same
 * number is another statement, so that no line can make a later one count for nothing.
 */
export class StatementMemory {
  readonly #last = new Map<string, Last>();

  see(session: string, statement: number, substatement: number, text: string): 'new' | 'part' | 'same' {
    const last = this.#last.get(session);
    const textHash = text === SAME_AS_BEFORE ? last?.[2] : fnv1a(text, FNV_START, Math.min(text.length, COMPARED));
    this.#last.delete(session);
    this.#last.set(session, [statement, substatement, textHash]);
    if (this.#last.size > MAX_SESSIONS) {
      const [oldest] = this.#last.keys();
      if (oldest !== undefined) this.#last.delete(oldest);
    }
    if (last === undefined || last[0] !== statement) return 'new';
    if (last[1] !== substatement) return 'part';
    return last[2] === undefined || last[2] === textHash ? 'same' : 'new';
  }

  forget(session: string): void {
    this.#last.delete(session);
  }

  save(): unknown {
    return [...this.#last].map(([session, last]) => [session, ...last]);
  }

  /** Takes what `save` gave; anything else in it is left out. Earlier versions saved no text. */
  load(saved: unknown): void {
    this.#last.clear();
    if (!Array.isArray(saved)) return;
    for (const entry of saved.slice(-MAX_SESSIONS) as unknown[]) {
      if (!Array.isArray(entry)) continue;
      const [session, statement, substatement, text] = entry as unknown[];
      if (typeof session === 'string' && typeof statement === 'number' && typeof substatement === 'number') {
        this.#last.set(session, [statement, substatement, typeof text === 'number' ? text : undefined]);
      }
    }
  }
}
