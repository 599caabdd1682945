import type { LineJoiner } from './framing.ts';

const TAB = 9;
/** How far into a line its prefix may reach, in bytes. */
const PREFIX = 1024;

const PROCESS = /\[(\d+)\]/;
/** The words that PostgreSQL puts before a message (elog.c, `error_severity` and the fields that follow it). */
const WORD =
  /(?:^|[\]\s])(LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5]?|DETAIL|HINT|STATEMENT|CONTEXT|QUERY|LOCATION|BACKTRACE): {2}/;
const ADDITION = /^(?:DETAIL|HINT|STATEMENT|CONTEXT|QUERY|LOCATION|BACKTRACE)$/;
/** An agent chooses its application name, which stands before the word: never let that hide an audit line. */
const AUDIT = / LOG: {2}AUDIT: /;

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
    if (bytes[start] === TAB) return true;
    const prefix = bytes.toString('latin1', start, Math.min(end, start + PREFIX));
    const process = PROCESS.exec(prefix)?.[1];
    const word = WORD.exec(prefix)?.[1];
    if (word !== undefined && ADDITION.test(word) && process === this.#process && !AUDIT.test(prefix)) return true;
    this.#process = process;
    return false;
  }

  more(): void {
    // The head of a line decides where it belongs.
  }
}
