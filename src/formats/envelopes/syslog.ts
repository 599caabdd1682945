import type { Envelope, Part } from './envelope.ts';

const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const ISO = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)`;
const PRIORITY = String.raw`<\d{1,3}>`;
/** RFC 3164, and what rsyslog makes of it with a time of RFC 3339. nginx may leave the host out. */
const OLD = new RegExp(
  String.raw`^(?:${PRIORITY})?(?:${MONTH} [ \d]\d \d\d:\d\d:\d\d|${ISO}) (?:[\w.:-]{1,255} )?([\w./-]{1,48}(?:\[\d{1,10}\])?): ?`,
);
/** How many bytes a message has, where a stream of them was written down (RFC 6587, 3.4.1). */
const OCTETS = String.raw`(?:\d{1,7} )?`;
/** RFC 5424: version 1, then time, host, program, process, kind, and structured data, whose values escape quotes and brackets. */
const PAIR = String.raw` [^ =\]"]{1,32}="(?:[^"\\\]]|\\.)*"`;
const NEW = new RegExp(
  String.raw`^${OCTETS}${PRIORITY}1 (?:-|${ISO}) [!-~]{1,255} ([!-~]{1,48} [!-~]{1,128}) [!-~]{1,32} (?:-|(?:\[[^ =\]"]{1,32}(?:${PAIR})*\])+)(?: |$)(?:\xef\xbb\xbf)?`,
);
/** As much of a line as is looked at for its envelope. */
const HEAD = 4_096;

/** PostgreSQL numbers its messages and the lines in which it sends each. */
const NUMBERED = /^\[(\d{1,10})-(\d{1,9})\] /;
/** A tab, as rsyslog escapes it: PostgreSQL begins the further lines of a message with one. */
const ESCAPED_TAB = '#011';
const NEW_LINE = Buffer.from('\n\t');
/** The next line of a message that is no part of a statement's text has a prefix of its own. */
const PREFIX = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/;

const partOf = (line: Buffer, start: number, sender: string): Part => {
  const text = line.subarray(start);
  const head = text.toString('latin1', 0, 64);
  const found = NUMBERED.exec(head);
  if (found === null) return { text, stream: sender };
  const [{ length }, message = '', written] = found;
  const number = Number(written);
  return { text: number > 1 ? goingOn(text, length) : text.subarray(length), stream: `${sender} ${message}`, number };
};

/** A line that was too long goes on as it is; a new line of the message begins with a tab. */
const goingOn = (text: Buffer, start: number): Buffer => {
  const head = text.toString('latin1', start, start + 32);
  const tab = head.startsWith('\t') ? 1 : head.startsWith(ESCAPED_TAB) ? ESCAPED_TAB.length : 0;
  if (tab > 0) return Buffer.concat([NEW_LINE, text.subarray(start + tab)]);
  return PREFIX.test(head) ? Buffer.concat([NEW_LINE.subarray(0, 1), text.subarray(start)]) : text.subarray(start);
};

const syslog = (id: string, title: string, shape: RegExp): Envelope => ({
  id,
  title,
  unwrap(line) {
    const found = shape.exec(line.toString('latin1', 0, HEAD));
    return found === null ? undefined : partOf(line, found[0].length, found[1] ?? '');
  },
});

export const syslog3164 = syslog('syslog-3164', "syslog (RFC 3164, rsyslog); PostgreSQL's numbered lines joined", OLD);
export const syslog5424 = syslog('syslog-5424', "syslog (RFC 5424); PostgreSQL's numbered lines joined", NEW);
