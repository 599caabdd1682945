import { isAdditionAt } from '../postgres-words.ts';
import type { LineJoiner } from './framing.ts';

const TAB = 9;
/** How far into a line its prefix may reach, in bytes. */
const PREFIX = 1024;
/** An agent chooses its application name, which stands before the word: never let that hide an audit line. */
const AUDIT = /: {2}(?:[\dA-Z]{5}: )?AUDIT: (?:SESSION|OBJECT),/;
/** A time of CloudWatch before a line. */
const CLOUDWATCH = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z (?=\d|\t)/;
/** Lines of one message that a line number (`%l`) may count. */
const MOST_LINES = 64;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** The whole number of which this place is a digit, where it ends, and whether it is the first in brackets: the process. */
const numberAt = (text: string, place: number) => {
  let start = place;
  let end = place;
  while (start > 0 && isDigit(text.charCodeAt(start - 1))) start--;
  while (end < text.length && isDigit(text.charCodeAt(end))) end++;
  const isProcess = text.charAt(start - 1) === '[' && text.charAt(end) === ']' && !/\[\d+\]/.test(text.slice(0, start));
  return { value: Number(text.slice(start, end)), end, isProcess };
};

/** Where two lines stop to be alike, in the second one; a line number that goes on counts as alike, once. */
const divergence = (first: string, second: string): number => {
  let [at, there] = [0, 0];
  let isCounted = false;
  while (at < first.length && there < second.length) {
    if (first.charCodeAt(at) === second.charCodeAt(there)) {
      at++;
      there++;
      continue;
    }
    const [before, now] = [numberAt(first, at), numberAt(second, there)];
    const isNext = !now.isProcess && now.value > before.value && now.value <= before.value + MOST_LINES;
    if (isCounted || !isNext) break;
    isCounted = true;
    at = before.end;
    there = now.end;
  }
  return there;
};

/**
 * Records of PostgreSQL's stderr log: the server indents the further lines of a message by a tab, and writes
 * DETAIL, HINT, STATEMENT and the like as lines of their own, right behind the message and with the very same prefix, so that the word is
 * where the two lines begin to differ, whatever a client has put before it.
 */
export class StderrLines implements LineJoiner {
  readonly open = true;
  readonly broken = undefined;
  readonly endsInSilence = true;
  /** The first line of the record. */
  #first = '';

  continues(bytes: Buffer, start: number, end: number): boolean {
    if (bytes[start] === TAB) return true;
    const line = bytes.toString('latin1', start, Math.min(end, start + PREFIX)).replace(CLOUDWATCH, '');
    if (line.startsWith('\t')) return true;
    const place = divergence(this.#first, line);
    if (isAdditionAt(line, place) && !AUDIT.test(line.slice(place))) return true;
    this.#first = line;
    return false;
  }

  more(): void {
    // The head of a line decides where it belongs.
  }
}
