/**
 * Reads `log_line_prefix = '%m [%p] %q[user=%u,db=%d,app=%a,client=%h,session=%c] '`.
 *
 * User, database and application name stand in it as the client sent them, the first two with line ends, before any authentication. So a
 * line may have several places that look like the end of its prefix, or none.
 */
import { known } from './pgaudit-record.ts';

/** Time, process, the session's part (absent for the server's own lines), severity, text. `%m` always has milliseconds. */
const START = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [\w+:-]{1,10}) \[(\d{1,10})\] /;
/** In the language of `lc_messages`; question marks where the database's encoding lacks its letters. */
export const SEVERITY = /^(\p{L}[\p{L}\p{M}]{1,19}\d?|\?{1,20}): {2}/u;
/** How the session's part ends; nothing in it but the host's name is free text. A Unix socket's host is `[local]`. */
const PREFIX_END =
  /,client=(\[local\]|[^,\]\s]{0,255}),session=([0-9a-f]{1,16}\.[0-9a-f]{1,8})\] (?=(?:\p{L}[\p{L}\p{M}]{1,19}\d?|\?{1,20}): {2})/gu;
/** NAMEDATALEN - 1: the longest name, in bytes, that PostgreSQL keeps. */
export const MAX_NAME = 63;
/** Three names, their labels, a host name and a session: the real end of a prefix lies within. */
const LONGEST_PREFIX = 3 * MAX_NAME + 512;

export interface Prefix {
  readonly timestamp: string;
  readonly process: number;
  readonly user: string | undefined;
  readonly database: string | undefined;
  readonly application: string | undefined;
  readonly host: string | undefined;
  /** `%c`: start of the session in seconds since the epoch and process id, both in hex; undefined in the server's own lines. */
  readonly session: string | undefined;
  /** Where `SEVERITY:  text` begins. */
  readonly end: number;
}

export type PrefixProblem = 'no-prefix' | 'unclosed-prefix' | 'ambiguous-prefix';

/** What earlier lines have shown of a server process. */
export interface KnownProcess {
  readonly session: string;
  readonly user: string | undefined;
}

/** Process id in a `%c`. */
export const processOf = (session: string): number => Number.parseInt(session.slice(session.indexOf('.') + 1), 16);
/** Start of the session in a `%c`, in seconds since the epoch. */
export const startOf = (session: string): number => Number.parseInt(session.slice(0, session.indexOf('.')), 16);

/** Sessions whose prefix may end in this text. */
export const sessionsEndingIn = (text: string): string[] =>
  [...text.matchAll(PREFIX_END)].flatMap(([, , session]) => session ?? []);

/**
 * The prefix of a line, by the place where it really ends: of several, the one whose session is the process's own. A name in
 * it may hold `,db=` or `,app=` only where an earlier line has shown that process's user.
 */
export const readPrefix = (
  line: string,
  knownOf: (process: number) => KnownProcess | undefined,
): Prefix | PrefixProblem => {
  const start = START.exec(line);
  if (start === null) return 'no-prefix';
  const [{ length: from }, timestamp = '', written] = start;
  const process = Number(written);
  const noSession = {
    user: undefined,
    database: undefined,
    application: undefined,
    host: undefined,
    session: undefined,
  };
  if (SEVERITY.test(line.slice(from, from + 16))) return { timestamp, process, ...noSession, end: from };
  if (!line.startsWith('[user=', from)) return 'no-prefix';
  const part = line.slice(from, from + LONGEST_PREFIX);
  const owner = knownOf(process);
  const end = realEnd(part, process, owner);
  if (typeof end === 'string') return end;
  const [whole, host, session] = end;
  const [, user, database, application = ''] = NAMES.exec(part.slice(0, end.index)) ?? [];
  if (user === undefined || database === undefined) return 'no-prefix';
  const isPlain = ![user, database, application].some((name) => name.includes(',db=') || name.includes(',app='));
  if (!isPlain && owner?.user !== user) return 'ambiguous-prefix';
  return {
    ...{ timestamp, process, session },
    ...{ user: known(user), database: known(database), application: known(application), host: known(host) },
    end: from + end.index + whole.length,
  };
};

const NAMES = /^\[user=([\s\S]*?),db=([\s\S]*?),app=([\s\S]*)$/;

const realEnd = (
  part: string,
  process: number,
  owner: KnownProcess | undefined,
): RegExpExecArray | 'unclosed-prefix' | 'ambiguous-prefix' => {
  const ends = [...part.matchAll(PREFIX_END)];
  const [first] = ends;
  if (first === undefined) return 'unclosed-prefix';
  const applicationAt = part.indexOf(',app=') + ',app='.length;
  // What could close the application name; text behind the real end is too far away to look like one of them.
  const candidates = ends.filter(({ index }) => index - applicationAt <= MAX_NAME);
  if (candidates.length < 2) return candidates[0] ?? first;
  const own =
    candidates.findLast(([, , session]) => session === owner?.session) ??
    candidates.findLast(([, , session = '']) => processOf(session) === process);
  return own ?? 'ambiguous-prefix';
};
