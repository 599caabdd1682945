import type { Answer } from '../../operator/execute.ts';
import type { ResponseState } from '../../response/state.ts';

/** So many are kept; a command is asked about within seconds. */
const KEPT = 10_000;

export function answerOf(state: ResponseState, command: string): Answer | undefined {
  const row = state.first('SELECT answer FROM answers WHERE word = ?', command);
  return row === undefined ? undefined : JSON.parse(String(row.answer));
}

export function saveAnswer(state: ResponseState, command: string, answer: Answer, now: number): void {
  state.run('INSERT INTO answers (word, at, answer) VALUES (?, ?, ?)', command, now, JSON.stringify(answer));
  state.run('DELETE FROM answers WHERE word IN (SELECT word FROM answers ORDER BY at DESC LIMIT -1 OFFSET ?)', KEPT);
}
