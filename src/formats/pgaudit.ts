/**
 * What PostgreSQL's log says about the use of a database role. Shared by the jsonlog, csvlog and stderr formats.
 *
 * - An `AUDIT:` line of pgaudit is a use: `SELECT public.customers`; without an object, the command alone: `SELECT`, `CREATE ROLE`.
 * - A statement over several relations writes one line for each, with one statement id: the first counts as the use and carries the
 *   rows, the others add their object with `uses: 0, rows: 0`.
 * - A DROP also writes a line for each dependent object (a table's indexes, constraints, defaults): those are ignored.
 * - A line that names no object (COPY, a cursor, `log_relation = off`, DDL where the extension is not created) has it from the statement's text.
 * - Without `log_rows` the line comes before the statement may fail: the failure then adds nothing to the count.
 * - A denied statement writes no AUDIT line, only ERROR and the statement; its action is read from the statement's text.
 * - A failed login is `LOGIN`, rejected: so is every FATAL of a session that was not seen to be authenticated, since its user is a claim.
 * - `AUDIT:` text that a function has raised is not pgaudit's: its lines have no context, no statement and no error code.
 */
import type { CredentialUse, Identity, Proof, Result, Shape } from '../event.ts';
import { NOTHING_ELSE } from '../event.ts';
import { connectionLine, englishWord } from '../postgres-words.ts';
import { isBelieved, PROOF } from '../proof.ts';
import { amount } from './amount.ts';
import { CleanTexts } from './clean-texts.ts';
import { csvFields } from './csv.ts';
import { foldedStatement, foldedText } from './folded-statement.ts';
import { type Claim, isEvent, type Parsed, type Parser, type ParserContext } from './format.ts';
import { MAX_CLIENT, MAX_VALUE } from './http.ts';
import { leaksOf } from './identities.ts';
import { type IgnoredReason, isExpected } from './ignored-reasons.ts';
import { isObject } from './json.ts';
import { type PostgresRecord, sqlStateOf } from './pgaudit-record.ts';
import { PostgresSessions } from './postgres-sessions.ts';
import { isBrokenConnection, isFailureRecord, isFatal, isKnownSeverity } from './postgres-severity.ts';
import { postgresTime, type ReadTime } from './postgres-time.ts';
import type { FoundSecret, Redactor } from './redact.ts';
import { shown } from './shown.ts';
import { failedAction, namedByText, touchesTable } from './statement-action.ts';
import { type Seen, StatementMemory } from './statement-memory.ts';
import { shapeOf } from './statement-shape.ts';
import { statementsIn } from './statements-in.ts';
import { timeProblem } from './time.ts';

export const DATASET = 'postgresql.audit';
const AUDIT = 'AUDIT: ';
/** SQLSTATE `successful_completion`. */
const SUCCESS = '00000';
const GENERAL_WARNING = '01000';
/** With `pgaudit.log_rows`; without it, a line is written before it is known whether the statement fails. */
const FIELDS_WITH_ROWS = 10;
/** Commands whose lines name each relation with `pgaudit.log_relation = on`. */
const DML = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE']);
/** Fields of an AUDIT line up to the statement's text: enough of one that is cut. */
const WITH_TEXT = 8;
/** pgaudit's own words where a statement or its parameters are not in the log. */
const NOT_THERE = new Set(['', '<none>', '<not logged>', '<previously logged>']);

/** What a DROP names always has a line of its own; of other kinds, such as schemas and types, pgaudit writes only the dependents. */
const DROP_OF_RELATION = /^DROP ((?:FOREIGN )?TABLE|(?:MATERIALIZED )?VIEW|SEQUENCE|INDEX)$/;

/** Turns records into events, remembering each session's last statement. */
export interface PostgresAudit extends Required<Pick<Parser, 'save' | 'load'>> {
  read(record: PostgresRecord): Parsed;
}

/** How the records of one source are read. */
interface Reading {
  readonly format: string;
  readonly redactor: Redactor;
  readonly readTime: ReadTime;
  readonly texts: Texts;
}

/** Texts of events, as they are shown. */
type Texts = Readonly<Record<'action' | 'client' | 'host' | 'service' | 'session' | 'statement' | 'user', CleanTexts>>;

const textsOf = (redactor: Redactor): Texts => {
  const of = (field: string, max: number): CleanTexts =>
    new CleanTexts((text, found) => redactor.show(text, field, max, found));
  return {
    action: of('event.action', MAX_VALUE),
    client: of('user_agent.original', MAX_CLIENT),
    host: of('source.address', 64),
    service: of('service.name', MAX_VALUE),
    session: of('wayward.session', 64),
    statement: new CleanTexts((text, found) => foldedText(text, redactor, found)),
    user: of('user.name', MAX_VALUE),
  };
};

export const postgresAudit = (format: string, { redactor, logTimezone }: ParserContext): PostgresAudit => {
  const reading: Reading = { format, redactor, readTime: postgresTime(logTimezone), texts: textsOf(redactor) };
  const statements = new StatementMemory();
  const sessions = new PostgresSessions();
  const noteConnection = ({ message, session, proof }: PostgresRecord): void => {
    if (!isBelieved(proof)) return;
    const line = connectionLine(message);
    if (line === 'authorized') sessions.note(session);
    if (line !== 'ended' || session === undefined) return;
    statements.forget(session);
    sessions.forget(session);
  };
  const readOne = (record: PostgresRecord): Parsed => {
    const isFailure = isFailureRecord(record);
    if (!isFailure && !isAuditMessage(record.message)) {
      noteConnection(record);
      return { ignored: lineKind(record) };
    }
    if (isFailure && isBrokenConnection(record)) return { ignored: 'connection-line' };
    const proof = proofOf(record, isFailure, sessions);
    return isFailure ? failure(record, proof, reading, statements) : auditUse(record, proof, reading, statements);
  };
  return {
    read(record) {
      const parsed = readOne(record);
      const isQuiet = isEvent(parsed) || ('ignored' in parsed && isExpected(parsed.ignored));
      if (isQuiet) return parsed;
      // A function may be anybody's, whoever calls it: what it raises is no deed of the session.
      const proof = 'unusable' in parsed && sessions.isAuthenticated(record.session) ? record.proof : PROOF.unreadable;
      return { ...parsed, claim: claimOf(record, proof, reading) };
    },
    save: () => ({
      statements: statements.save(),
      sessions: sessions.save(),
      turns: statements.saveTurns(),
      namesRelations: statements.namesRelations,
    }),
    load(saved) {
      const isOld = Array.isArray(saved);
      if (!isOld && !isObject(saved)) return;
      statements.load(isOld ? saved : saved['statements']);
      sessions.load(isOld ? [] : saved['sessions']);
      statements.loadTurns(isOld ? [] : saved['turns']);
      statements.namesRelations = !isOld && saved['namesRelations'] === true;
    },
  };
};

/** Whom a record that is no event names. */
const claimOf = ({ user, host, timestamp }: PostgresRecord, proof: Proof, { redactor, readTime }: Reading): Claim => {
  const clean = (text: string, field: string, max: number): string => shown(redactor.clean(text, field, []), max);
  return {
    identities: user === undefined ? [] : [{ key: 'db_user', value: clean(user, 'user.name', MAX_VALUE) }],
    proof,
    sourceIp: host === undefined ? undefined : clean(host, 'source.address', 64),
    time: readTime(timestamp),
  };
};

/** Whether the message may be a line of pgaudit. */
export const isAuditMessage = (message: string): boolean => message.startsWith(AUDIT);

/** What a backend is doing before its session is authenticated. */
const BEFORE_AUTHENTICATION = new Set(['authentication', 'initializing', 'startup']);

/**
 * An AUDIT line or an ERROR is written by a session that has a transaction, so past authentication; whether a FATAL is, only
 * earlier lines of its session can tell. One for a refused login (class 28) may follow the password's check, and is none.
 */
const proofOf = (record: PostgresRecord, isFailure: boolean, sessions: PostgresSessions): Proof => {
  if (BEFORE_AUTHENTICATION.has(record.phase ?? '')) return PROOF.failed;
  const isLoginEnd = isFailure && isFatal(record) && !sessions.isAuthenticated(record.session);
  if (isLoginEnd || (isFailure && sqlStateOf(record).startsWith('28'))) return PROOF.failed;
  if (isBelieved(record.proof)) sessions.note(record.session);
  return record.proof;
};

const lineKind = ({ message, severity, phase }: PostgresRecord): IgnoredReason => {
  if (/^(?:DEBUG\d?|INFO|NOTICE|WARNING)$/.test(englishWord(severity))) return 'server-line';
  const isConnection = message.startsWith('connection ') || connectionLine(message) !== undefined;
  if (isConnection || BEFORE_AUTHENTICATION.has(phase ?? '')) return 'connection-line';
  // log_statement and log_min_duration_statement: what they show, the AUDIT line has already counted.
  return /^(?:statement|execute|duration|parse|bind|fastpath)\b/.test(message) ? 'statement-line' : 'server-line';
};

const auditUse = (record: PostgresRecord, proof: Proof, reading: Reading, statements: StatementMemory): Parsed => {
  const { redactor, texts } = reading;
  const { context, statement: raisedBy, sqlState = SUCCESS } = record;
  // With `pgaudit.log_level = warning` its lines are warnings.
  const isRaised =
    context !== undefined || raisedBy !== undefined || (sqlState !== SUCCESS && sqlState !== GENERAL_WARNING);
  if (isRaised) return { ignored: 'raised-message' };
  const fields = csvFields(record.message, AUDIT.length, 10);
  const [
    mode = '',
    statementId = '',
    substatementId = '',
    kind = '',
    command = '',
    objectType = '',
    object = '',
    text = '',
    parameters = '',
    rows = record.rowsAtEnd,
  ] = fields;
  const statementNumber = Number(statementId);
  const substatementNumber = Number(substatementId);
  if (
    fields.length < (record.isCut ? WITH_TEXT : 9) ||
    !(statementNumber > 0) ||
    !(substatementNumber > 0) ||
    command === ''
  ) {
    return { unusable: 'invalid-audit', detail: 'The AUDIT line does not have the fields of pgaudit.' };
  }
  if (record.user === undefined)
    return { unusable: 'no-user', detail: 'The AUDIT line has no user; log_line_prefix needs %u.' };
  const named = DROP_OF_RELATION.exec(command)?.[1];
  if (named !== undefined && objectType !== '' && objectType !== named) return { ignored: 'dependent-object' };
  // What pgaudit writes beside the read of a view (its issue 102): the read itself has a line of its own.
  if (objectType === 'VIEW' && (command === '???' || command === 'UNKNOWN')) return { ignored: 'dependent-object' };
  // Where the words are unknown, a function may have raised the line.
  if (mode === 'SESSION' && object !== '' && DML.has(command) && isKnownSeverity(record))
    statements.namesRelations = true;
  const found: FoundSecret[] = [];
  const folded = NOT_THERE.has(text)
    ? undefined
    : foldedStatement(text, texts.statement, found, record.isCut && fields.length <= WITH_TEXT);
  if (!NOT_THERE.has(parameters)) redactor.clean(parameters, 'wayward.db.parameters', found, 'sql');
  const seen: Seen =
    record.session === undefined || !isBelieved(proof)
      ? 'new'
      : statements.see(
          record.session,
          statementNumber,
          substatementNumber,
          text,
          fields.length < FIELDS_WITH_ROWS && record.rowsAtEnd === undefined,
        );
  // Where log_relation has been turned off since, lines name none any more.
  const isNamedNoMore =
    object === '' && DML.has(command) && statements.namesRelations && touchesTable(folded?.read ?? '');
  if (isNamedNoMore) statements.namesRelations = false;
  const isNamed = object !== '' || folded === undefined || (DML.has(command) && statements.namesRelations);
  const turn = (read: string): number | undefined =>
    isMany(read) ? statements.turn(record.session, text, command, seen) : 0;
  const action = isNamed ? actionOf(command, object) : namedByText(command, kind, folded, turn(folded.read));
  return event(record, proof, reading, found, {
    action,
    result: 'success',
    statement: folded?.shown,
    uses: seen === 'new' ? 1 : 0,
    rows: seen === 'same' ? 0 : rowCount(rows),
    shape: shapeOf(command, folded),
  });
};

const isMany = (read: string): boolean => statementsIn(read).length > 1;

// Temporary schemas are numbered by backend: one name for all.
const actionOf = (command: string, object: string): string =>
  object === ''
    ? command
    : `${command} ${object.startsWith('pg_temp_') ? object.replace(/^pg_temp_\d+/, 'pg_temp') : object}`;

const rowCount = (rows = ''): number => {
  const count = Number(rows);
  return count >= 0 ? amount(count) : 0;
};

/** How a failed statement or login ended, by SQLSTATE (PostgreSQL manual, appendix A). */
const failure = (record: PostgresRecord, proof: Proof, reading: Reading, statements: StatementMemory): Parsed => {
  const state = sqlStateOf(record);
  if (state.startsWith('57P')) return { ignored: 'session-terminated' };
  // Background workers, and clients that left or spoke another protocol before they named a user.
  if (record.user === undefined) return { ignored: 'no-user' };
  const found: FoundSecret[] = [];
  const folded =
    record.statement === undefined
      ? undefined
      : foldedStatement(record.statement, reading.texts.statement, found, record.isCut);
  const result: Result = proof.state === 'rejected' ? 'rejected' : state === '42501' ? 'denied' : 'error';
  const isMultiple = folded !== undefined && isMany(folded.read);
  const isCounted = isBelieved(proof) && !isMultiple && statements.hasCounted(record.session, record.statement);
  if (isMultiple && isBelieved(proof)) statements.startAgain(record.session);
  return event(record, proof, reading, found, {
    action:
      folded === undefined
        ? isFatal(record)
          ? 'LOGIN'
          : 'UNKNOWN'
        : failedAction(folded.read, record.message, record.phase),
    result,
    statement: folded?.shown,
    uses: isCounted ? 0 : 1,
    rows: 0,
  });
};

type Outcome = Pick<CredentialUse, 'action' | 'result' | 'statement' | 'uses' | 'rows'> & {
  readonly shape?: Shape | undefined;
};

const event = (
  record: PostgresRecord,
  proof: Proof,
  reading: Reading,
  found: FoundSecret[],
  { action, result, statement, uses, rows, shape }: Outcome,
): Parsed => {
  const { format, readTime, texts } = reading;
  const time = readTime(record.timestamp);
  if (Number.isNaN(time)) return { unusable: 'invalid-time', detail: timeProblem(record.timestamp) };
  const shownAs = (kind: keyof Texts, text: string | undefined): string | undefined =>
    text === undefined ? undefined : texts[kind].clean(text, found);
  const client = shownAs('client', record.application);
  const service = shownAs('service', record.database);
  const identities: readonly Identity[] = [{ key: 'db_user', value: shownAs('user', record.user) ?? '' }];
  return {
    ...NOTHING_ELSE,
    time,
    format,
    dataset: DATASET,
    action: texts.action.clean(action, found),
    result,
    proof,
    identities,
    uses,
    sourceIp: shownAs('host', record.host),
    client,
    rows,
    statement,
    service,
    session: shownAs('session', record.session),
    leaks: leaksOf(found),
    ...(shape !== undefined && { shape }),
  };
};
