/**
 * PostgreSQL's stderr log, whatever its `log_line_prefix`, as long as that says whose a line is.
 *
 * This log is text that clients can write into: user and database of the start-up packet stand in it before authentication, with line
 * ends. So it proves nothing: what it says is `declared` at most, and only of a session that the server has said is authorized, where the
 * log tells. csvlog and jsonlog don't have the problem.
 */
import { ADDITIONS, connectionLine, isSeverity } from '../postgres-words.ts';
import { isBelieved } from '../proof.ts';
import { detectStderr } from './detect-postgres.ts';
import type { Format, Parsed } from './format.ts';
import { DATASET, isAuditMessage, type PostgresAudit, postgresAudit } from './pgaudit.ts';
import { known, type PostgresRecord } from './pgaudit-record.ts';
import { postgresTime, type ReadTime } from './postgres-time.ts';
import {
  isUnread,
  type Prefix,
  type PrefixProblem,
  type SavedPrefixes,
  StderrPrefixes,
  withoutCloudwatchTime,
} from './stderr-prefix.ts';
import { type SavedStderrSessions, StderrSessions } from './stderr-sessions.ts';
import { type SavedUnknownWords, UnknownWords } from './unknown-words.ts';

const DETAIL: Readonly<Record<PrefixProblem, string>> = {
  'no-prefix':
    "The line's prefix does not say which part is the user. Write the server's log_line_prefix: log_line_prefix: in wayward.yaml, or --log-line-prefix; or use one that says it, such as '%m [%p] %q[user=%u,db=%d,app=%a,client=%h,session=%c] '.",
  'unclosed-prefix':
    'A name in log_line_prefix holds a line end, or this line follows one: a client wrote it. Use csvlog or jsonlog.',
  'ambiguous-prefix': 'A name in the line looks like the end of log_line_prefix; use csvlog or jsonlog.',
};

interface Texts {
  readonly message: string;
  readonly statement: string | undefined;
  readonly context: string | undefined;
  /** A name made a message of its own look like more of this one. */
  readonly hasOther: boolean;
}

/** What is remembered of a log. */
interface Memory {
  readonly audit: PostgresAudit;
  readonly sessions: StderrSessions;
  readonly prefixes: StderrPrefixes;
  readonly unknownWords: UnknownWords;
  readonly readTime: ReadTime;
}

/** The record's own text and the texts of its STATEMENT and CONTEXT lines, which bear the same session; others are passed over. */
const readTexts = (
  lines: readonly string[],
  firstText: string,
  { process, session }: Prefix,
  { sessions, prefixes }: Memory,
): Texts => {
  const texts = new Map<string, string[]>([['message', [firstText]]]);
  let current = texts.get('message');
  let hasOther = false;
  for (const line of lines.slice(1)) {
    if (line.startsWith('\t')) {
      current?.push(line.slice(1));
      continue;
    }
    const prefix = prefixes.read(line, (one) => sessions.known(one));
    const isSame = !isUnread(prefix) && prefix.process === process && prefix.session === session;
    hasOther ||= isSame && isSeverity(prefix.word);
    current = isSame ? [line.slice(prefix.textStart)] : undefined;
    if (isSame && current !== undefined) texts.set(prefix.word, current);
  }
  const textOf = (name: string): string | undefined => texts.get(name)?.join('\n');
  return { message: textOf('message') ?? '', statement: textOf('STATEMENT'), context: textOf('CONTEXT'), hasOther };
};

/** What `log_error_verbosity = verbose` puts before a message. */
const VERBOSE = /^((?=[A-Z]{0,4}\d)[\dA-Z]{5}): /;

/** An audit line ends in the number of rows; behind it stands at most the place in the code (`log_error_verbosity = verbose`), in no line that a tab begins. */
const ROWS_AT_END = /,(\d{1,19})\r?(?:\n[^\n\t]{1,512})?$/;

const parseRecord = (
  text: string,
  length: number,
  { isCut, rowsAtEnd }: Pick<PostgresRecord, 'isCut' | 'rowsAtEnd'>,
  memory: Memory,
): Parsed => {
  const { audit, sessions, prefixes, unknownWords } = memory;
  const lines = text.split('\n').map((line) => withoutCloudwatchTime(line.endsWith('\r') ? line.slice(0, -1) : line));
  const first = lines[0] ?? '';
  const prefix = prefixes.read(first, (process) => sessions.known(process));
  if (sessions.swallows(text, length + 1, prefix, (rest) => prefixes.sessionsEndingIn(rest)))
    return unusable('unclosed-prefix');
  if (isUnread(prefix)) return unusable(prefix.problem);
  // Its record was lost, or another process wrote in between.
  if (ADDITIONS.has(prefix.word)) return { ignored: 'detached-line' };
  const texts = readTexts(lines, first.slice(prefix.textStart), prefix, memory);
  if (texts.hasOther) return unusable('ambiguous-prefix');
  const sqlState = prefix.sqlState ?? VERBOSE.exec(texts.message)?.[1];
  const own = { ...texts, sqlState, message: texts.message.replace(VERBOSE, ''), severity: prefix.word };
  const isUnknown = !isSeverity(prefix.word) && !isAuditMessage(own.message) && !isLoginState(sqlState);
  const failure = isUnknown ? unknownWords.read(prefix, sqlState, own.message) : undefined;
  if (isUnknown && failure === undefined) return { ignored: 'server-line' };
  const { message, statement, context, ...said } =
    failure === undefined ? own : { ...own, ...failure, severity: 'ERROR' };
  if (prefix.word === 'LOG') noteConnection(message, prefix, memory);
  const proof = sessions.judge(prefix);
  // The server has not yet come to take the application's name, nor a statement.
  const isStarting = prefix.word === 'FATAL' && prefix.application === undefined && statement === undefined;
  const read = audit.read({
    ...prefix,
    ...{
      timestamp: timeOf(prefix.timestamp),
      ...said,
      phase: isStarting ? STARTUP : undefined,
      message,
      statement: known(statement),
      context,
      proof,
      isCut,
      rowsAtEnd,
    },
  });
  if ('action' in read && isBelieved(read.proof)) {
    sessions.use(prefix);
    prefixes.believe(prefix);
  }
  return read;
};

/** A session that ends, or never was: nothing else follows. */
const isLoginState = (sqlState = ''): boolean => /^(?:28|57P|08)/.test(sqlState);

/** `%n` is seconds since the epoch. */
const timeOf = (timestamp: string): string =>
  /^\d+\.\d{3}$/.test(timestamp) ? new Date(Number(timestamp) * 1_000).toISOString() : timestamp;

/** As csvlog and jsonlog call it. */
const STARTUP = 'startup';

const unusable = (problem: PrefixProblem): Parsed => ({ unusable: problem, detail: DETAIL[problem] });

const noteConnection = (message: string, prefix: Prefix, { sessions, readTime }: Memory): void => {
  const line = connectionLine(message);
  if (line === 'received') sessions.announce(prefix);
  else if (line === 'authorized' && isOwn(prefix, sessions))
    sessions.authorize(prefix, secondsOf(readTime(timeOf(prefix.timestamp))));
  else if (line === 'ended' && isOwn(prefix, sessions)) sessions.end(prefix.process);
};

/** The session that the server itself announced for the process, where it announced one. */
const isOwn = ({ process, session }: Prefix, sessions: StderrSessions): boolean => {
  const announced = sessions.known(process);
  return announced === undefined || announced.session === session;
};

const secondsOf = (time: number): number => (Number.isNaN(time) ? Number.POSITIVE_INFINITY : Math.floor(time / 1_000));

/** What earlier versions saved is the statements alone. */
interface Saved {
  readonly audit: unknown;
  readonly sessions: SavedStderrSessions;
  /** Absent in what versions saved that read one prefix only. */
  readonly prefixes?: SavedPrefixes;
  readonly unknownWords?: SavedUnknownWords | null;
}
const isSaved = (saved: unknown): saved is Saved => typeof saved === 'object' && saved !== null && 'sessions' in saved;

/** PostgreSQL `log_destination = stderr` with pgaudit. */
export const pgauditStderr: Format = {
  id: 'pgaudit-stderr',
  title: 'PostgreSQL with pgaudit, stderr (a `log_line_prefix` that says which part is the user)',
  dataset: DATASET,
  proof:
    'nothing: declared at most, and only of a session that the server has announced and authorized, where it logs connections',
  about: {
    switchOn:
      "`shared_preload_libraries = 'pgaudit'`, `pgaudit.log = 'all'`, `log_destination = 'stderr'` ([more](sources.md#postgresql))",
    cannotTell: 'bytes; what a view or routine reads, unless `pgaudit.log_relation` is on',
    evidence: 'recorded: PostgreSQL 15 with pgaudit 1.7, in English, German, Russian and Chinese',
  },
  framing: 'postgres-stderr',
  detect: detectStderr,
  parser(context) {
    const audit = postgresAudit(this.id, context);
    const sessions = new StderrSessions();
    const prefixes = new StderrPrefixes(context.logLinePrefix);
    const unknownWords = new UnknownWords();
    const memory = { audit, sessions, prefixes, unknownWords, readTime: postgresTime(context.logTimezone) };
    return {
      parse(bytes, start, end, length, tail) {
        const rowsAtEnd = ROWS_AT_END.exec(tail?.toString('latin1') ?? '')?.[1];
        const cut = { isCut: length !== undefined, rowsAtEnd };
        return parseRecord(bytes.toString('utf8', start, end), length ?? end - start, cut, memory);
      },
      save: () => ({
        ...{ audit: audit.save(), sessions: sessions.save(), prefixes: prefixes.save() },
        unknownWords: unknownWords.save(),
      }),
      load(saved) {
        if (!isSaved(saved)) return audit.load(saved);
        audit.load(saved.audit);
        sessions.load(saved.sessions);
        if (saved.prefixes !== undefined) prefixes.load(saved.prefixes);
        unknownWords.load(saved.unknownWords ?? null);
      },
    };
  },
};
