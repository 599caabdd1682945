import type { LineJoiner } from './framing.ts';

const TAB = 9;
/** How far into a line its prefix may reach, in bytes. */
const PREFIX = 1024;

const PROCESS = /\[(\d+)\]/;
/** The words that PostgreSQL puts before a message (elog.c, `error_severity` and the fields that follow it). */
const WORD =
  /(?:^|[\]\s])(LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5]?|DETAIL|HINT|STATEMENT|CONTEXT|QUERY|LOCATION|BACKTRACE): {2}/;
/** Where a session's part of the prefix may end; a client can write such an end into a name. */
const SESSION_WORD = /,session=[0-9a-f.]{1,32}\] ([A-Z]{3,10}\d?): {2}/g;
const ADDITION = /^(?:DETAIL|HINT|STATEMENT|CONTEXT|QUERY|LOCATION|BACKTRACE)$/;
/** An agent chooses its application name, which stands before the word: never let that hide an audit line. */
const AUDIT = / LOG: {2}AUDIT: /;

/** Where several places may be the word before the text, one that is a message of its own decides: no name can hide it. */
const isAddition = (prefix: string): boolean => {
  const words = [...prefix.matchAll(SESSION_WORD)].map(([, word = '']) => word);
  const all = words.length > 0 ? words : (WORD.exec(prefix)?.slice(1) ?? []);
  return all.length > 0 && all.every((word) => ADDITION.test(word));
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
    if (bytes[start] === TAB) return true;
    const prefix = bytes.toString('latin1', start, Math.min(end, start + PREFIX));
    const process = PROCESS.exec(prefix)?.[1];
    if (process === this.#process && !AUDIT.test(prefix) && isAddition(prefix)) return true;
    this.#process = process;
    return false;
  }

  more(): void {
    // The head of a line decides where it belongs.
  }
}
