import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandIo } from './io.ts';

/** Of something that another process does, as its record shows it. */
export interface Seen {
  readonly isOver: boolean;
  /** Another one than at the look before: it got further. */
  readonly progress: number | string;
}

/** Whether any process responds or stands by; undefined where nobody can tell. */
export type AnyResponder = () => Promise<boolean | undefined>;

/** Who watches, and what ends the watching. */
export interface Watch {
  readonly io: CommandIo;
  readonly anyResponder: AnyResponder;
}

const POLL_MS = 100;
const MINUTE = 60_000;
const ASK_EVERY = 5_000;
/** Without any responder, milliseconds: a process that is started anew is there by then. */
const ABSENT = 20_000;

/**
 * Looks until it is over, then gives nothing; else why the watching has ended: nothing got further within so many milliseconds, or for 20 s there
 * was nobody who could. `after`: what becomes of it, and how to look; said at Ctrl-C, too. @throws AbortError at Ctrl-C
 */
export async function untilOver(
  look: () => Seen,
  patience: number,
  after: string,
  { io, anyResponder }: Watch,
): Promise<string | undefined> {
  const isAbsent = absence(anyResponder);
  let [before, since]: [Seen['progress'] | undefined, number] = [undefined, Date.now()];
  for (;;) {
    const { isOver, progress } = look();
    if (isOver) return undefined;
    if (progress !== before) [before, since] = [progress, Date.now()];
    if (io.signal.aborted) {
      io.stderr.write(`Stopped watching: ${GOES_ON}${after}\n`);
      io.signal.throwIfAborted();
    }
    if (isAbsent()) return `no process responds any more: ${NEXT}${after}`;
    if (Date.now() - since > patience)
      return `nothing got further within ${Math.round(patience / MINUTE)} min: ${GOES_ON}${after}`;
    await sleep(POLL_MS);
  }
}

const GOES_ON = 'it goes on in the process that responds, whose log tells how it ends.';
const NEXT = 'whoever responds next (wayward run --roles respond) goes on with it, and its log tells how it ends.';

/** Asks beside the watching, which does not wait for the answer; true once there has been nobody for long. */
function absence(anyResponder: AnyResponder): () => boolean {
  let since: number | undefined;
  let isLong = false;
  let next = 0;
  let failure: unknown;
  const ask = async (): Promise<void> => {
    next = Number.POSITIVE_INFINITY;
    try {
      since = (await anyResponder()) === false ? (since ?? Date.now()) : undefined;
      isLong = since !== undefined && Date.now() - since > ABSENT;
    } catch (error) {
      failure = error;
    }
    next = Date.now() + ASK_EVERY;
  };
  return () => {
    if (failure !== undefined) throw failure;
    if (Date.now() >= next) void ask();
    return isLong;
  };
}
