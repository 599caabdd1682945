/**
 * What PostgreSQL's log says about the use of a database role. Shared by the jsonlog, csvlog and stderr formats.
 *
 * - An `AUDIT:` line of pgaudit is a use: `SELECT public.customers`; without an object, the command alone: `SELECT`, `CREATE ROLE`.
 * - A statement over several relations writes one line for each, with one statement id: the first counts as the use and carries the
 *   rows, the others add their object with `uses: 0, rows: 0`.
 * - A DROP also writes a line for each dependent object (a table's indexes, constraints, defaults): those are ignored.
 * - COPY names no object, nor rows when it copies a whole table: what it copied is read from the statement's text.
 * - A denied statement writes no AUDIT line, only ERROR and the statement; its action is read from the statement's text.
 * - A failed login is `LOGIN`, rejected: so is every FATAL of a session that was not seen to be authenticated, since its user is a claim.
 * - `AUDIT:` text that a function has raised is not pgaudit's: its lines have no context, no statement and no error code.
 */
import type { CredentialUse, Identity, Proof, Result } from '../event.ts';
import { NOTHING_ELSE } from '../event.ts';
import { isBelieved, PROOF } from '../proof.ts';
import { amount } from './amount.ts';
import { csvFields } from './csv.ts';
import { foldSql } from './fold-sql.ts';
import type { Parsed, Parser, ParserContext } from './format.ts';
import { MAX_CLIENT, MAX_VALUE } from './http.ts';
import { leaksOf } from './identities.ts';
import { isObject } from './json.ts';
import { type PostgresRecord, sqlStateOf } from './pgaudit-record.ts';
import { PostgresSessions } from './postgres-sessions.ts';
import type { FoundSecret, Redactor } from './redact.ts';
import { shown } from './shown.ts';
import { sqlAction } from './sql-action.ts';
import { StatementMemory } from './statement-memory.ts';
import { parseTime, timeProblem } from './time.ts';

export const DATASET = 'postgresql.audit';
const AUDIT = 'AUDIT: ';
/** SQLSTATE `successful_completion`. */
const SUCCESS = '00000';
const STATEMENT_FIELD = 'wayward.db.statement';
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

export const postgresAudit = (format: string, { redactor }: ParserContext): PostgresAudit => {
  const statements = new StatementMemory();
  const sessions = new PostgresSessions();
  const noteConnection = ({ message, session, proof }: PostgresRecord): void => {
    if (!isBelieved(proof)) return;
    if (isAuthorizedLine(message)) sessions.note(session);
    if (!message.startsWith('disconnection: ') || session === undefined) return;
    statements.forget(session);
    sessions.forget(session);
  };
  return {
    read(record) {
      const { message, severity } = record;
      if (severity === 'LOG' && !message.startsWith(AUDIT)) {
        noteConnection(record);
        return { ignored: lineKind(message) };
      }
      if (severity !== 'LOG' && severity !== 'ERROR' && severity !== 'FATAL') return { ignored: 'server-line' };
      const proof = proofOf(record, sessions);
      if (severity === 'LOG') return auditUse(record, proof, format, redactor, statements);
      return failure(record, proof, format, redactor);
    },
    save: () => ({ statements: statements.save(), sessions: sessions.save() }),
    load(saved) {
      const isOld = Array.isArray(saved);
      if (!isOld && !isObject(saved)) return;
      statements.load(isOld ? saved : saved['statements']);
      sessions.load(isOld ? [] : saved['sessions']);
    },
  };
};

/** With `log_connections`: authentication of this session has passed. */
export const isAuthorizedLine = (message: string): boolean =>
  message.startsWith('connection authorized: ') || message.startsWith('replication connection authorized: ');

/** What a backend is doing before its session is authenticated. */
const BEFORE_AUTHENTICATION = new Set(['authentication', 'initializing', 'startup']);

/**
 * An AUDIT line or an ERROR is written by a session that has a transaction, so past authentication; whether a FATAL is, only
 * earlier lines of its session can tell. One for a refused login (class 28) may follow the password's check, and is none.
 */
const proofOf = (record: PostgresRecord, sessions: PostgresSessions): Proof => {
  if (BEFORE_AUTHENTICATION.has(record.phase ?? '')) return PROOF.failed;
  const isLoginEnd = record.severity === 'FATAL' && !sessions.isAuthenticated(record.session);
  if (isLoginEnd || (record.severity !== 'LOG' && sqlStateOf(record).startsWith('28'))) return PROOF.failed;
  if (isBelieved(record.proof)) sessions.note(record.session);
  return record.proof;
};

const lineKind = (message: string): string => {
  if (message.startsWith('connection ') || message.startsWith('disconnection: ')) return 'connection-line';
  // log_statement and log_min_duration_statement: what they show, the AUDIT line has already counted.
  return /^(?:statement|execute|duration|parse|bind|fastpath)\b/.test(message) ? 'statement-line' : 'server-line';
};

const auditUse = (
  record: PostgresRecord,
  proof: Proof,
  format: string,
  redactor: Redactor,
  statements: StatementMemory,
): Parsed => {
  const { context, statement: raisedBy, sqlState = SUCCESS } = record;
  const isRaised = context !== undefined || raisedBy !== undefined || sqlState !== SUCCESS;
  if (isRaised) return { ignored: 'raised-message' };
  const fields = csvFields(record.message, AUDIT.length, 10);
  const [
    ,
    statementId = '',
    substatementId = '',
    ,
    command = '',
    objectType = '',
    object = '',
    text = '',
    parameters = '',
    rows = '',
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
  const found: FoundSecret[] = [];
  const statement = NOT_THERE.has(text) ? undefined : foldedStatement(text, redactor, found);
  if (!NOT_THERE.has(parameters)) redactor.clean(parameters, 'wayward.db.parameters', found, 'sql');
  const action = actionOf(command, object, statement);
  const seen =
    record.session === undefined || !isBelieved(proof)
      ? 'new'
      : statements.see(record.session, statementNumber, substatementNumber, text);
  return event(record, proof, format, redactor, found, {
    action,
    result: 'success',
    statement,
    uses: seen === 'new' ? 1 : 0,
    rows: seen === 'same' ? 0 : rowCount(rows),
  });
};

/** The text may hold several statements, and pgaudit does not say which of them this one is. */
const copyOf = (statement: string | undefined): string =>
  statement === undefined || /;\s*\S/.test(statement) || !/^\s*copy\b/i.test(statement) ? 'COPY' : sqlAction(statement);

const actionOf = (command: string, object: string, statement: string | undefined): string => {
  if (object === '') return command === 'COPY' ? copyOf(statement) : command;
  // Temporary schemas are numbered by backend: one name for all.
  return `${command} ${object.startsWith('pg_temp_') ? object.replace(/^pg_temp_\d+/, 'pg_temp') : object}`;
};

const rowCount = (rows: string): number => {
  const count = Number(rows);
  return count >= 0 ? amount(count) : 0;
};

/** Redacted first: folding would take a secret apart that stands outside of literals. */
const foldedStatement = (text: string, redactor: Redactor, found: FoundSecret[]): string =>
  shown(foldSql(redactor.clean(text, STATEMENT_FIELD, found, 'sql')), 512);

/** How a failed statement or login ended, by SQLSTATE (PostgreSQL manual, appendix A). */
const failure = (record: PostgresRecord, proof: Proof, format: string, redactor: Redactor): Parsed => {
  const state = sqlStateOf(record);
  if (state.startsWith('57P')) return { ignored: 'session-terminated' };
  // Background workers, and clients that left or spoke another protocol before they named a user.
  if (record.user === undefined) return { ignored: 'no-user' };
  const found: FoundSecret[] = [];
  const statement = record.statement === undefined ? undefined : foldedStatement(record.statement, redactor, found);
  const result: Result = proof.state === 'rejected' ? 'rejected' : state === '42501' ? 'denied' : 'error';
  const action = statement === undefined ? (record.severity === 'FATAL' ? 'LOGIN' : 'UNKNOWN') : sqlAction(statement);
  return event(record, proof, format, redactor, found, { action, result, statement, uses: 1, rows: 0 });
};

type Outcome = Pick<CredentialUse, 'action' | 'result' | 'statement' | 'uses' | 'rows'>;

const event = (
  record: PostgresRecord,
  proof: Proof,
  format: string,
  redactor: Redactor,
  found: FoundSecret[],
  { action, result, statement, uses, rows }: Outcome,
): Parsed => {
  const time = parseTime(record.timestamp);
  if (Number.isNaN(time)) return { unusable: 'invalid-time', detail: timeProblem(record.timestamp) };
  const text = (value: string | undefined, field: string, max: number): string | undefined =>
    value === undefined ? undefined : shown(redactor.clean(value, field, found), max);
  const client = text(record.application, 'user_agent.original', MAX_CLIENT);
  const service = text(record.database, 'service.name', MAX_VALUE);
  const user = text(record.user, 'user.name', MAX_VALUE) ?? '';
  const identities: readonly Identity[] = [{ key: 'db_user', value: user }];
  return {
    ...NOTHING_ELSE,
    time,
    format,
    dataset: DATASET,
    action: shown(redactor.clean(action, 'event.action', found), MAX_VALUE),
    result,
    proof,
    identities,
    uses,
    sourceIp: text(record.host, 'source.address', 64),
    client,
    rows,
    statement,
    service,
    session: text(record.session, 'wayward.session', 64),
    leaks: leaksOf(found),
  };
};
