import type { DeadLetter } from '../sources/dead-letter.ts';
import type { Store } from './store.ts';

/** A dead letter that a person wants replayed. */
export interface OpenReplay {
  readonly seq: number;
  readonly letter: DeadLetter;
}

/** `used`: its event has been put through, and it is never replayed again; else why not. */
export type ReplayOutcome = 'used' | 'gone' | `unusable: ${string}`;

/** Orders a replay; one that was used before stays as it is, one that came to nothing is tried again. */
export function orderReplay(store: Store, letter: DeadLetter, at: number): void {
  store.run(
    `INSERT INTO replays (source, position, hash, letter, at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (source, position, hash) DO UPDATE SET outcome = NULL, at = excluded.at WHERE outcome <> 'used'`,
    letter.source,
    letter.position,
    letter.hash,
    JSON.stringify(letter),
    at,
  );
}

/** Ordered and not yet done, oldest first. */
export function openReplays(store: Store, most: number): OpenReplay[] {
  return store
    .all('SELECT seq, letter FROM replays WHERE outcome IS NULL ORDER BY seq LIMIT ?', most)
    .map(({ seq, letter }) => ({ seq: Number(seq), letter: JSON.parse(String(letter)) }));
}

/** Call it in the transaction that saves what became of the events. */
export function saveReplay(store: Store, seq: number, outcome: ReplayOutcome): void {
  store.run('UPDATE replays SET outcome = ? WHERE seq = ?', outcome, seq);
}

/** Undefined where it was never ordered, null while it waits. */
export function replayOf(store: Store, { source, position, hash }: DeadLetter): string | null | undefined {
  const row = store.first(
    'SELECT outcome FROM replays WHERE source = ? AND position = ? AND hash = ?',
    source,
    position,
    hash,
  );
  if (row === undefined) return undefined;
  return row.outcome === null ? null : String(row.outcome);
}
