import type { Replayed } from '../pipeline/replay.ts';
import type { DeadLetter } from '../sources/dead-letter.ts';

/** A dead letter where it is kept. */
export interface KeptLetter {
  readonly letter: DeadLetter;
  /** Its offset or line. */
  readonly at: number;
  /** Its event has been put through since. */
  readonly replayed: boolean;
}

/** What came of replays that were ordered. */
export interface ReplayedLetters {
  readonly used: number;
  /** Taken by nobody so far; whoever starts next does it. */
  readonly waiting: number;
}

/** The dead letters of one place: a file, or the topic. */
export interface LetterBox {
  /** All, oldest first; `passedOver` is told of what stands there and is none. */
  letters(passedOver: (count: number) => void): AsyncIterable<KeptLetter>;
  /** What would become of them; changes nothing. In the order of the letters. */
  tryAgain(letters: readonly KeptLetter[]): Promise<readonly Replayed[]>;
  /** Has the events of those that can be used put through, and waits a while for it. @throws UsageError where there is nobody to do it */
  replay(letters: readonly KeptLetter[], by: string): Promise<ReplayedLetters>;
  close(): Promise<void>;
}
