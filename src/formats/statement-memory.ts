import { FNV_START, fnv1a } from '../text-hash.ts';
import { isObject } from './json.ts';

/** Sessions at a time whose last statement is remembered; the one unused longest goes first. */
const MAX_SESSIONS = 10_000;
/** As much of a statement's text as is compared, in UTF-16 units. */
const COMPARED = 4_096;
/** pgaudit's word for a text that an earlier line of the same statement has (`pgaudit.log_statement_once`). */
const SAME_AS_BEFORE = '<previously logged>';

/** `new` statement, new `part` of the same statement (a substatement), or the `same` part again. */
export type Seen = 'new' | 'part' | 'same';

/** What a session's text of several statements has had lines for, by command. */
interface Turns {
  readonly text: number;
  readonly counts: Record<string, number>;
}

/** Commands of one text that are counted apart. */
const MAX_COMMANDS = 16;

const hashOf = (text: string): number => fnv1a(text, FNV_START, Math.min(text.length, COMPARED));

type Last = readonly [statement: number, substatement: number, text: number | undefined, mayFail?: boolean];

const dropOldest = (sessions: Map<string, unknown>): void => {
  if (sessions.size <= MAX_SESSIONS) return;
  const [oldest] = sessions.keys();
  if (oldest !== undefined) sessions.delete(oldest);
};

/**
 * The last statement of each database session, to tell the second relation of a join from a second statement.
 * `new` statement, new `part` of the same statement (a substatement), or the `same` part again. A line with another text under the same
 * number is another statement, so that no line can make a later one count for nothing.
 */
export class StatementMemory {
  readonly #last = new Map<string, Last>();
  readonly #turns = new Map<string, Turns>();

  /** Whether lines of this log name each relation (`pgaudit.log_relation`): one that names none then touches none. */
  namesRelations = false;

  /** @param mayFail the line was written before the statement ended */
  see(session: string, statement: number, substatement: number, text: string, mayFail: boolean): Seen {
    const last = this.#last.get(session);
    const textHash = text === SAME_AS_BEFORE ? last?.[2] : hashOf(text);
    this.#last.delete(session);
    this.#last.set(session, [statement, substatement, textHash, mayFail]);
    dropOldest(this.#last);
    if (last === undefined || last[0] !== statement) return 'new';
    if (last[1] !== substatement) return 'part';
    return last[2] === undefined || last[2] === textHash ? 'same' : 'new';
  }

  /** Whether the statement that failed has been counted by its own line; once, since a repetition has a line again. */
  hasCounted(session: string | undefined, text: string | undefined): boolean {
    const last = session === undefined ? undefined : this.#last.get(session);
    if (session === undefined || text === undefined || last?.[3] !== true || last[2] !== hashOf(text)) return false;
    this.#last.set(session, [last[0], last[1], last[2]]);
    return true;
  }

  /**
   * How many lines of this command a text of several statements has had before this one: a line does not say which of them it is.
   * Undefined where that is not known.
   */
  turn(session: string | undefined, text: string, command: string, seen: Seen): number | undefined {
    if (session === undefined || text === SAME_AS_BEFORE) return undefined;
    const hash = hashOf(text);
    const before = this.#turns.get(session);
    const counts = before?.text === hash ? before.counts : {};
    if (!Object.hasOwn(counts, command) && Object.keys(counts).length >= MAX_COMMANDS) return undefined;
    const turn = counts[command] ?? 0;
    // Further lines of a statement add no turn, but the first of a command has one in any case.
    if (seen === 'same' && turn > 0) return turn - 1;
    this.#turns.delete(session);
    this.#turns.set(session, { text: hash, counts: { ...counts, [command]: turn + 1 } });
    dropOldest(this.#turns);
    return turn;
  }

  /** The rest of the session's text is not executed: the next one begins anew. */
  startAgain(session: string | undefined): void {
    if (session !== undefined) this.#turns.delete(session);
  }

  forget(session: string): void {
    this.#last.delete(session);
    this.#turns.delete(session);
  }

  saveTurns(): unknown {
    return [...this.#turns].map(([session, { text, counts }]) => [session, text, counts]);
  }

  /** Takes what `saveTurns` gave; anything else in it is left out. */
  loadTurns(saved: unknown): void {
    this.#turns.clear();
    if (!Array.isArray(saved)) return;
    for (const entry of saved.slice(-MAX_SESSIONS) as unknown[]) {
      const [session, text, counts] = Array.isArray(entry) ? (entry as unknown[]) : [];
      if (typeof session !== 'string' || typeof text !== 'number' || !isObject(counts)) continue;
      const numbers = Object.entries(counts).filter((one): one is [string, number] => typeof one[1] === 'number');
      this.#turns.set(session, { text, counts: Object.fromEntries(numbers.slice(0, MAX_COMMANDS)) });
    }
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
      const [session, statement, substatement, text, mayFail] = entry as unknown[];
      if (typeof session === 'string' && typeof statement === 'number' && typeof substatement === 'number') {
        const hash = typeof text === 'number' ? text : undefined;
        this.#last.set(session, [statement, substatement, hash, mayFail === true]);
      }
    }
  }
}
