import { ADDITIONS, wordInBytes } from '../postgres-words.ts';
import type { LineJoiner } from './framing.ts';

/** How far into a line its prefix may reach, in bytes. */
const PREFIX = 1024;

const PROCESS = /\[(\d+)\]/;
/** Where a session's part of the prefix may end; a client can write such an end into a name. */
const SESSION_END = /,session=[0-9a-f.]{1,32}\] /g;
/** An agent chooses its application name, which stands before the word: never let that hide an audit line. */
const AUDIT = /: {2}(?:[\dA-Z]{5}: )?AUDIT: (?:SESSION|OBJECT),/;
/** A time of CloudWatch before a line that is indented. */
const INDENTED = /^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z )?\t/;

/** Where several places may be the word before the text, one that is a message of its own decides: no name can hide it. */
const isAddition = (prefix: string): boolean => {
  const behindSessions = [...prefix.matchAll(SESSION_END)].flatMap(({ index, 0: end }) => {
    const found = wordInBytes(prefix.slice(index + end.length - 1));
    return found?.at === 0 ? found.word : [];
  });
  const words = behindSessions.length > 0 ? behindSessions : [wordInBytes(prefix)?.word ?? ''];
  return words.every((word) => ADDITIONS.has(word));
};

/**
 * Records of PostgreSQL's stderr log: the server indents the further lines of a message by a tab, and writes
 * DETAIL, HINT, STATEMENT and the like as lines of their own, with the same prefix, right behind the message.
 */
export class StderrLines implements LineJoiner {
  readonly open = true;
  readonly broken = undefined;
  readonly endsInSilence = true;
  #process: string | undefined;

  continues(bytes: Buffer, start: number, end: number): boolean {
    const prefix = bytes.toString('latin1', start, Math.min(end, start + PREFIX));
    if (INDENTED.test(prefix)) return true;
    const process = PROCESS.exec(prefix)?.[1];
    if (process === this.#process && !AUDIT.test(prefix) && isAddition(prefix)) return true;
    this.#process = process;
    return false;
  }

  more(): void {
    // The head of a line decides where it belongs.
  }
}
