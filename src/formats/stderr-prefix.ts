import { ADDITIONS, type FoundWord, isUnknownName, wordsIn } from '../postgres-words.ts';
import { findPrefix } from './find-prefix.ts';
import { type LogLinePrefix, logLinePrefix, MAX_NAME, type PrefixValues } from './log-line-prefix.ts';
import { known } from './pgaudit-record.ts';

/** What docs/sources.md recommends. */
const RECOMMENDED = '%m [%p] %q[user=%u,db=%d,app=%a,client=%h,session=%c] ';
/** Three names, their labels, a host name and a session: the real end of a prefix lies within. */
const LONGEST_PREFIX = 3 * MAX_NAME + 512;
/** Places that may be the end of one prefix: more than a name can imitate. */
const MAX_ENDS = 16;
/** Different prefixes of one log, such as of several servers, or before and behind a change of settings. */
const MAX_PREFIXES = 8;
/** CloudWatch puts its own time before a line when a log is fetched from there. */
const CLOUDWATCH = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z (?=\d{4}-\d\d-\d\d \d\d:|\t)/;

export interface Prefix {
  readonly timestamp: string;
  /** 0 where the prefix has none. */
  readonly process: number;
  readonly user: string | undefined;
  readonly database: string | undefined;
  readonly application: string | undefined;
  readonly host: string | undefined;
  /** `%c`: start of the session in seconds since the epoch and process id, both in hex; without it `pid-…`; undefined in the server's own lines. */
  readonly session: string | undefined;
  /** `%e` */
  readonly sqlState: string | undefined;
  /** English where it is known. */
  readonly word: string;
  /** Where the text begins. */
  readonly textStart: number;
}

export type PrefixProblem = 'no-prefix' | 'unclosed-prefix' | 'ambiguous-prefix';

/** A line whose prefix can't be read. */
export interface Unread {
  readonly problem: PrefixProblem;
  /** Of a prefix that does not end in the line: whose it is, and where its names begin. */
  readonly process: number;
  readonly namesAt: number;
  /** Whether the prefix ends in the id of the session. */
  readonly endsInSession: boolean;
}

export const isUnread = (prefix: Prefix | Unread): prefix is Unread => 'problem' in prefix;

/** Plain JSON. */
export interface SavedPrefixes {
  readonly texts: readonly string[];
  readonly hasSessions: boolean;
}

/** What earlier lines have shown of a server process. */
export interface KnownProcess {
  readonly session: string;
  readonly user: string | undefined;
}

const PROCESS_ONLY = 'pid-';

/** Process id in a session's. */
export const processOf = (session: string): number =>
  session.startsWith(PROCESS_ONLY)
    ? Number(session.slice(PROCESS_ONLY.length))
    : Number.parseInt(session.slice(session.indexOf('.') + 1), 16);
/** Start of the session, in seconds since the epoch; 0 where its id does not tell. */
export const startOf = (session: string): number =>
  session.startsWith(PROCESS_ONLY) ? 0 : Number.parseInt(session.slice(0, session.indexOf('.')), 16);
/** Whether a later session may have the same id. */
export const isReusable = (session: string): boolean => session.startsWith(PROCESS_ONLY);

/** A line without the time that CloudWatch puts before it. */
export const withoutCloudwatchTime = (line: string): string => line.replace(CLOUDWATCH, '');

/**
 * Reads the prefixes of one log: the `log_line_prefix` that the user gave, else those that its lines were seen to have. A client writes
 * into a prefix, so a line may have several places that look like its end, or none.
 */
export class StderrPrefixes {
  /** The one that fitted last comes first. */
  #prefixes: LogLinePrefix[];
  readonly #isGiven: boolean;
  /** Whether lines have been believed whose prefix has the id of the session. */
  #hasSessions = false;

  constructor(given: string | undefined) {
    this.#prefixes = [logLinePrefix(given ?? RECOMMENDED)];
    this.#isGiven = given !== undefined;
  }

  /** @param knownOf what earlier lines have shown of a process, which tells the real one of several ends */
  read(line: string, knownOf: (process: number) => KnownProcess | undefined): Prefix | Unread {
    const head = line.slice(0, LONGEST_PREFIX);
    const ends = wordsIn(head, MAX_ENDS);
    return this.#match(head, ends, knownOf) ?? this.#find(head, ends, knownOf) ?? this.#unread(head, ends);
  }

  /** Sessions that a prefix which began in an earlier line may end with in this text. */
  sessionsEndingIn(text: string): string[] {
    const ends = wordsIn(text, 2 * MAX_ENDS).map(({ start }) => start);
    return this.#prefixes.flatMap((prefix) => prefix.sessionsEndingIn(text, ends));
  }

  #match(
    head: string,
    ends: readonly FoundWord[],
    knownOf: (process: number) => KnownProcess | undefined,
  ): Prefix | Unread | undefined {
    const [first] = ends;
    if (first === undefined) return undefined;
    let candidates: Prefix[] = [];
    for (const [at, prefix] of this.#prefixes.entries()) {
      const server = prefix.readServer(head.slice(0, first.start));
      if (server !== undefined) return prefixOf(server, first);
      const found = ends.flatMap((end) => {
        const values = prefix.read(head.slice(0, end.start));
        return values === undefined ? [] : [prefixOf(values, end)];
      });
      if (found.length > 0 && candidates.length === 0) this.#moveToFront(at);
      candidates = [...candidates, ...found];
      // Where the line is read at its first possible end and at no other, no name imitates anything.
      if (candidates.length === 1 && candidates[0]?.textStart === first.textStart) break;
    }
    const [only] = candidates;
    if (candidates.length < 2 || only === undefined) return only;
    return ownOf(candidates, knownOf(only.process)) ?? unread('ambiguous-prefix');
  }

  #moveToFront(at: number): void {
    const [prefix] = at === 0 ? [] : this.#prefixes.splice(at, 1);
    if (prefix !== undefined) this.#prefixes.unshift(prefix);
  }

  /**
   * Works the prefix out from the line, which must have one possible end only, since a name may imitate another. A prefix that tells sessions
   * apart is never given up for one that doesn't.
   */
  #find(
    head: string,
    ends: readonly FoundWord[],
    knownOf: (process: number) => KnownProcess | undefined,
  ): Prefix | Unread | undefined {
    const [first] = ends;
    const text = this.#isGiven || first === undefined ? undefined : findPrefix(head.slice(0, first.start));
    if (text === undefined || first === undefined || ADDITIONS.has(first.word)) return undefined;
    if (ends.length > 1) return unread('ambiguous-prefix');
    const prefix = logLinePrefix(text);
    const isWeaker = prefix.namesUser && !prefix.namesSession && this.#hasSessions;
    if (isWeaker || this.#prefixes.some((one) => one.text === text)) return undefined;
    this.#prefixes = [prefix, ...this.#prefixes.slice(0, MAX_PREFIXES - 1)];
    return this.#match(head, ends, knownOf);
  }

  /** A line with this prefix was believed. */
  believe({ session }: Prefix): void {
    if (session !== undefined && !isReusable(session)) this.#hasSessions = true;
  }

  #unread(head: string, ends: readonly FoundWord[]): Unread {
    for (const prefix of this.#prefixes) {
      const found = prefix.readHead(head);
      // Of a prefix that a line may have by chance, only a line without any end is taken for torn.
      if (found === undefined || (ends.length > 0 && !prefix.namesSession && !this.#isGiven)) continue;
      const process = Number(found.values.p ?? 0);
      return { ...unread('unclosed-prefix'), process, namesAt: found.end, endsInSession: prefix.endsInSession };
    }
    return unread('no-prefix');
  }

  save(): SavedPrefixes {
    return { texts: this.#isGiven ? [] : this.#prefixes.map(({ text }) => text), hasSessions: this.#hasSessions };
  }

  load({ texts, hasSessions }: SavedPrefixes): void {
    this.#hasSessions = hasSessions;
    if (!this.#isGiven && texts.length > 0)
      this.#prefixes = texts.slice(0, MAX_PREFIXES).map((text) => logLinePrefix(text));
  }
}

const unread = (problem: PrefixProblem): Unread => ({ problem, process: 0, namesAt: 0, endsInSession: false });

const nameOf = (name: string | undefined): string | undefined =>
  name === undefined || isUnknownName(name) ? undefined : known(name);

const prefixOf = ({ t, m, n, p, u, d, a, r, h, c, e }: PrefixValues, { word, textStart }: FoundWord): Prefix => {
  const process = p === undefined ? (c === undefined ? 0 : processOf(c)) : Number(p);
  const user = nameOf(u);
  const isOfSession = u !== undefined;
  return {
    timestamp: t ?? m ?? n ?? '',
    process,
    user,
    database: nameOf(d),
    application: nameOf(a),
    host: known((r ?? h)?.replace(/\(\d*\)$/, '')),
    session: isOfSession ? (c ?? (p === undefined ? undefined : `${PROCESS_ONLY}${p}`)) : undefined,
    sqlState: e,
    word,
    textStart,
  };
};

/** Of several readings of a line, that which fits what the server has said of the process. */
const ownOf = (candidates: readonly Prefix[], owner: KnownProcess | undefined): Prefix | undefined => {
  const bySession = candidates.filter(({ session }) => session !== undefined && !isReusable(session));
  if (bySession.length > 0)
    return (
      bySession.findLast(({ session }) => session === owner?.session) ??
      bySession.findLast(({ session = '', process }) => processOf(session) === process)
    );
  // Before a session is authorized, the server has not taken its application's name.
  const fitting = candidates.filter(
    ({ session, user, application }) =>
      session === owner?.session && (owner?.user === undefined ? application === undefined : user === owner.user),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
};
