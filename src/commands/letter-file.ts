import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../errors.ts';
import type { Replayed } from '../pipeline/replay.ts';
import { Store } from '../sinks/store.ts';
import { orderReplay, replayOf as replayInStore } from '../sinks/store-replays.ts';
import { type DeadLetter, isLetter } from '../sources/dead-letter.ts';
import type { CommandIo } from './io.ts';
import type { KeptLetter, LetterBox } from './letter-box.ts';

interface LetterFileOptions {
  readonly file: string;
  /** The state folder of the `wayward run` that wrote it; undefined where a scan did, which keeps no state. */
  readonly state: string | undefined;
  readonly replay: (letter: DeadLetter) => Promise<Replayed>;
  readonly io: CommandIo;
}

const PATIENCE = 15_000;
const LOOK_EVERY = 100;

/** Dead letters in a file. Their replays are ordered in the local store, where `wayward run` finds them. */
export function letterFile({ file, state, replay, io }: LetterFileOptions): LetterBox {
  if (!existsSync(file))
    throw new UsageError(
      `${file} is not there; wayward run keeps dead letters in its state folder, wayward scan where --dead-letters says`,
    );
  const store = state === undefined ? undefined : new Store(state);
  const outcomeOf = ({ letter }: Pick<KeptLetter, 'letter'>) => store && replayInStore(store, letter);
  return {
    async *letters(passedOver) {
      let at = 0;
      let foreign = 0;
      for await (const line of createInterface({ input: createReadStream(file) })) {
        at++;
        const letter = letterIn(line);
        if (letter === undefined) foreign++;
        else yield { letter, at, replayed: outcomeOf({ letter }) === 'used' };
      }
      if (foreign > 0) passedOver(foreign);
    },
    async tryAgain(letters) {
      const outcomes: Replayed[] = [];
      for (const { letter } of letters) outcomes.push(await replay(letter));
      return outcomes;
    },
    async replay(letters) {
      if (store === undefined)
        throw new UsageError(
          'a scan keeps no state that events could be put into; scan the logs again: wayward scan FILES',
        );
      store.transaction(() => {
        for (const { letter } of letters) orderReplay(store, letter, Date.now());
      });
      const end = Date.now() + PATIENCE;
      const waiting = () => letters.filter((kept) => outcomeOf(kept) === null).length;
      while (waiting() > 0 && Date.now() < end && !io.signal.aborted) await sleep(LOOK_EVERY);
      return { used: letters.filter((kept) => outcomeOf(kept) === 'used').length, waiting: waiting() };
    },
    async close() {
      store?.close();
    },
  };
}

function letterIn(line: string): DeadLetter | undefined {
  try {
    const letter: unknown = JSON.parse(line);
    return isLetter(letter) ? letter : undefined;
  } catch {
    return undefined; // counted: a torn write, or somebody else's line
  }
}
