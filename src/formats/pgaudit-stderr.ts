/**
 * PostgreSQL's stderr log with `log_line_prefix = '%m [%p] %q[user=%u,db=%d,app=%a,client=%h,session=%c] '`.
 *
 * This log is text that clients can write into: an application name or, before authentication, a user name may look like the end
 * of the prefix. Where a line can be read in two ways it goes to the dead letters; csvlog and jsonlog don't have the problem.
 */
import { detectStderr } from './detect-postgres.ts';
import type { Format, Parsed } from './format.ts';
import { DATASET, type PostgresAudit, postgresAudit } from './pgaudit.ts';
import { known } from './pgaudit-record.ts';

/** Time, process, the session's part (absent for the server's own lines), severity, text. */
const START = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})? [\w+:-]{1,10}) \[\d{1,10}\] /;
const SEVERITY = /^([A-Z]{3,10}\d?): {2}/;
/** How the session's part ends; nothing in it but the host's name is free text. */
const PREFIX_END = /,client=([^,\]\s]{0,255}),session=([0-9a-f]{1,16}\.[0-9a-f]{1,8})\] (?=[A-Z]{3,10}\d?: {2})/g;
/** NAMEDATALEN - 1: the longest name and application name that PostgreSQL keeps. */
const MAX_NAME = 63;

interface Prefix {
  readonly timestamp: string;
  readonly user: string | undefined;
  readonly database: string | undefined;
  readonly application: string | undefined;
  readonly host: string | undefined;
  readonly session: string | undefined;
  /** Where `SEVERITY:  text` begins. */
  readonly end: number;
}

const readPrefix = (line: string): Prefix | 'no-prefix' | 'ambiguous-prefix' => {
  const start = START.exec(line);
  if (start === null) return 'no-prefix';
  const timestamp = start[1] ?? '';
  const from = start[0].length;
  const nobody = {
    timestamp,
    user: undefined,
    database: undefined,
    application: undefined,
    host: undefined,
    session: undefined,
  };
  if (SEVERITY.test(line.slice(from, from + 16))) return { ...nobody, end: from };
  if (!line.startsWith('[user=', from)) return 'no-prefix';
  // Three names of at most 63 bytes, their labels, a host name and a session: the real end lies within.
  const part = line.slice(from, from + 3 * MAX_NAME + 512);
  const ends = [...part.matchAll(PREFIX_END)];
  const [end] = ends;
  if (end === undefined) return 'no-prefix';
  const names = /^\[user=([\s\S]*?),db=([\s\S]*?),app=([\s\S]*)$/.exec(part.slice(0, end.index));
  if (names === null) return 'no-prefix';
  const applicationAt = end.index - (names[3] ?? '').length;
  // A second end that could close the application name as well: the first may be forged.
  if (ends.some((other) => other !== end && other.index - applicationAt <= MAX_NAME)) return 'ambiguous-prefix';
  if (names.slice(1).some((name) => name.includes(',db=') || name.includes(',app='))) return 'ambiguous-prefix';
  return {
    timestamp,
    user: known(names[1]),
    database: known(names[2]),
    application: known(names[3]),
    host: known(end[1]),
    session: end[2],
    end: from + end.index + end[0].length,
  };
};

/** The record's own text and the text of its STATEMENT line; other lines (DETAIL, HINT, CONTEXT) are passed over. */
const readTexts = (lines: readonly string[], firstText: string): { message: string; statement: string | undefined } => {
  const texts = new Map<string, string[]>([['message', [firstText]]]);
  let current = texts.get('message');
  for (const line of lines.slice(1)) {
    if (line.startsWith('\t')) {
      current?.push(line.slice(1));
      continue;
    }
    const prefix = readPrefix(line);
    const rest = typeof prefix === 'string' ? '' : line.slice(prefix.end);
    const severity = SEVERITY.exec(rest);
    current = severity === null ? undefined : [rest.slice(severity[0].length)];
    if (current !== undefined) texts.set(severity?.[1] ?? '', current);
  }
  return { message: texts.get('message')?.join('\n') ?? '', statement: texts.get('STATEMENT')?.join('\n') };
};

const ATTACHED = new Set(['DETAIL', 'HINT', 'CONTEXT', 'STATEMENT', 'QUERY', 'LOCATION', 'BACKTRACE']);

const parseRecord = (text: string, audit: PostgresAudit): Parsed => {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const first = lines[0] ?? '';
  const prefix = readPrefix(first);
  if (prefix === 'ambiguous-prefix') {
    return {
      unusable: prefix,
      detail: 'A name in the line looks like the end of log_line_prefix; use csvlog or jsonlog.',
    };
  }
  if (prefix === 'no-prefix') {
    return {
      unusable: prefix,
      detail: "The line does not start with the log_line_prefix '%m [%p] %q[user=…,session=%c] '.",
    };
  }
  const rest = first.slice(prefix.end);
  const severity = SEVERITY.exec(rest);
  if (severity === null) return { unusable: 'no-severity', detail: 'No severity such as LOG: follows the prefix.' };
  const level = severity[1] ?? '';
  // Its record was lost, or another process wrote in between.
  if (ATTACHED.has(level)) return { ignored: 'detached-line' };
  const { message, statement } = readTexts(lines, rest.slice(severity[0].length));
  return audit.read({ ...prefix, severity: level, sqlState: undefined, message, statement: known(statement) });
};

/** PostgreSQL `log_destination = stderr` with pgaudit. */
export const pgauditStderr: Format = {
  id: 'pgaudit-stderr',
  title:
    "PostgreSQL with pgaudit, stderr (`log_line_prefix = '%m [%p] %q[user=%u,db=%d,app=%a,client=%h,session=%c] '`)",
  dataset: DATASET,
  framing: 'postgres-stderr',
  detect: detectStderr,
  parser(context) {
    const audit = postgresAudit(this.id, context);
    return {
      parse: (bytes, start, end) => parseRecord(bytes.toString('utf8', start, end), audit),
      save: audit.save,
      load: audit.load,
    };
  },
};
