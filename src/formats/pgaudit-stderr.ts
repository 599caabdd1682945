/**
 * PostgreSQL's stderr log with `log_line_prefix = '%m [%p] %q[user=%u,db=%d,app=%a,client=%h,session=%c] '`.
 *
 * This log is text that clients can write into: user and database of the start-up packet stand in it before authentication, with line
 * ends. So it proves nothing: what it says is `declared` at most, and only of a session that the server has said is authorized, where the
 * log tells. csvlog and jsonlog don't have the problem.
 */
import { isBelieved } from '../proof.ts';
import { detectStderr } from './detect-postgres.ts';
import type { Format, Parsed } from './format.ts';
import { DATASET, isAuthorizedLine, type PostgresAudit, postgresAudit } from './pgaudit.ts';
import { known } from './pgaudit-record.ts';
import { type Prefix, type PrefixProblem, readPrefix, SEVERITY } from './stderr-prefix.ts';
import { type SavedStderrSessions, StderrSessions } from './stderr-sessions.ts';
import { parseTime } from './time.ts';

const DETAIL: Readonly<Record<PrefixProblem, string>> = {
  'no-prefix': "The line does not start with the log_line_prefix '%m [%p] %q[user=…,session=%c] '.",
  'unclosed-prefix':
    'A name in log_line_prefix holds a line end, or this line follows one: a client wrote it. Use csvlog or jsonlog.',
  'ambiguous-prefix': 'A name in the line looks like the end of log_line_prefix; use csvlog or jsonlog.',
};

interface Texts {
  readonly message: string;
  readonly statement: string | undefined;
  readonly context: string | undefined;
}

/** The record's own text and the texts of its STATEMENT and CONTEXT lines, which bear the same session; others are passed over. */
const readTexts = (
  lines: readonly string[],
  firstText: string,
  session: string | undefined,
  sessions: StderrSessions,
): Texts => {
  const texts = new Map<string, string[]>([['message', [firstText]]]);
  let current = texts.get('message');
  for (const line of lines.slice(1)) {
    if (line.startsWith('\t')) {
      current?.push(line.slice(1));
      continue;
    }
    const prefix = readPrefix(line, (process) => sessions.known(process));
    const rest = typeof prefix === 'string' || prefix.session !== session ? '' : line.slice(prefix.end);
    const severity = SEVERITY.exec(rest);
    current = severity === null ? undefined : [rest.slice(severity[0].length)];
    if (current !== undefined) texts.set(severity?.[1] ?? '', current);
  }
  const textOf = (name: string): string | undefined => texts.get(name)?.join('\n');
  return { message: textOf('message') ?? '', statement: textOf('STATEMENT'), context: textOf('CONTEXT') };
};

const ATTACHED = new Set(['DETAIL', 'HINT', 'CONTEXT', 'STATEMENT', 'QUERY', 'LOCATION', 'BACKTRACE']);

const parseRecord = (
  text: string,
  length: number,
  isCut: boolean,
  audit: PostgresAudit,
  sessions: StderrSessions,
): Parsed => {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const first = lines[0] ?? '';
  const prefix = readPrefix(first, (process) => sessions.known(process));
  if (sessions.swallows(text, length + 1, prefix)) return unusable('unclosed-prefix');
  if (typeof prefix === 'string') return unusable(prefix);
  const rest = first.slice(prefix.end);
  const severity = SEVERITY.exec(rest);
  if (severity === null) return { unusable: 'no-severity', detail: 'No severity such as LOG: follows the prefix.' };
  const level = severity[1] ?? '';
  // Its record was lost, or another process wrote in between.
  if (ATTACHED.has(level)) return { ignored: 'detached-line' };
  const { message, statement, context } = readTexts(lines, rest.slice(severity[0].length), prefix.session, sessions);
  if (level === 'LOG') noteConnection(message, prefix, sessions);
  const proof = sessions.judge(prefix);
  // The server has not yet come to take the application's name, nor a statement.
  const isStarting = level === 'FATAL' && prefix.application === undefined && statement === undefined;
  const read = audit.read({
    ...prefix,
    ...{
      severity: level,
      sqlState: undefined,
      phase: isStarting ? STARTUP : undefined,
      message,
      statement: known(statement),
      context,
      proof,
      isCut,
    },
  });
  if ('action' in read && isBelieved(read.proof)) sessions.use(prefix);
  return read;
};

/** As csvlog and jsonlog call it. */
const STARTUP = 'startup';

const unusable = (problem: PrefixProblem): Parsed => ({ unusable: problem, detail: DETAIL[problem] });

const noteConnection = (message: string, prefix: Prefix, sessions: StderrSessions): void => {
  if (message.startsWith('connection received: ')) sessions.announce(prefix);
  else if (isAuthorizedLine(message) && isOwn(prefix, sessions)) sessions.authorize(prefix, secondsOf(prefix));
  else if (message.startsWith('disconnection: ') && isOwn(prefix, sessions)) sessions.end(prefix.process);
};

/** The session that the server itself announced for the process, where it announced one. */
const isOwn = ({ process, session }: Prefix, sessions: StderrSessions): boolean => {
  const announced = sessions.known(process);
  return announced === undefined || announced.session === session;
};

const secondsOf = ({ timestamp }: Prefix): number => {
  const time = parseTime(timestamp);
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : Math.floor(time / 1_000);
};

/** What earlier versions saved is the statements alone. */
const isSaved = (saved: unknown): saved is { readonly audit: unknown; readonly sessions: SavedStderrSessions } =>
  typeof saved === 'object' && saved !== null && 'sessions' in saved;

/** PostgreSQL `log_destination = stderr` with pgaudit. */
export const pgauditStderr: Format = {
  id: 'pgaudit-stderr',
  title:
    "PostgreSQL with pgaudit, stderr (`log_line_prefix = '%m [%p] %q[user=%u,db=%d,app=%a,client=%h,session=%c] '`)",
  dataset: DATASET,
  proof:
    'nothing: declared at most, and only of a session that the server has announced and authorized, where it logs connections',
  framing: 'postgres-stderr',
  detect: detectStderr,
  parser(context) {
    const audit = postgresAudit(this.id, context);
    const sessions = new StderrSessions();
    return {
      parse: (bytes, start, end, length) =>
        parseRecord(bytes.toString('utf8', start, end), length ?? end - start, length !== undefined, audit, sessions),
      save: () => ({ audit: audit.save(), sessions: sessions.save() }),
      load(saved) {
        if (!isSaved(saved)) return audit.load(saved);
        audit.load(saved.audit);
        sessions.load(saved.sessions);
      },
    };
  },
};
