import type { DrillOrder } from '../../drills/orders.ts';
import type { ResponseState } from '../../response/state.ts';

/** What came of a person's word. */
export interface Answer {
  /** Why nothing was done. */
  readonly error?: string;
  /** The order whose steps are made because of it. */
  readonly cause?: string;
  readonly refused?: readonly { readonly credential: string; readonly because: string }[];
  readonly alreadyDead?: readonly string[];
  /** Keys of the rotations that are made because of it, also of those that were under way. */
  readonly rotations?: readonly string[];
  readonly drills?: readonly DrillOrder[];
}

/** So many are kept; a word is asked about within seconds. */
const KEPT = 10_000;

export function answerOf(state: ResponseState, word: string): Answer | undefined {
  const row = state.first('SELECT answer FROM answers WHERE word = ?', word);
  return row === undefined ? undefined : JSON.parse(String(row.answer));
}

export function saveAnswer(state: ResponseState, word: string, answer: Answer, now: number): void {
  state.run('INSERT INTO answers (word, at, answer) VALUES (?, ?, ?)', word, now, JSON.stringify(answer));
  state.run('DELETE FROM answers WHERE word IN (SELECT word FROM answers ORDER BY at DESC LIMIT -1 OFFSET ?)', KEPT);
}
