import type { CredentialUse, Result } from '../event.ts';
import { NOTHING_ELSE } from '../event.ts';
import { PROOF } from '../proof.ts';
import { foldSql } from './fold-sql.ts';
import type { Format, Parsed, ParserContext } from './format.ts';
import { MAX_PATH, MAX_VALUE } from './http.ts';
import { leaksOf } from './identities.ts';
import { fractionOf } from './json.ts';
import { readTime } from './read-time.ts';
import type { FoundSecret } from './redact.ts';
import { shown } from './shown.ts';
import { actionOf } from './statement-objects.ts';
import { foldedDeed } from './text-action.ts';

/** `20261102 10:00:00,server,user,host,connection,query,OPERATION,database,object,code`; Aurora counts microseconds. */
const LINE =
  /^(\d{8} \d\d:\d\d:\d\d|\d{16}),([^,]{0,255}),([^,]{0,128}),([^,]{0,255}),(\d{1,20}),(\d{1,20}),([A-Z_]{3,32}),([^,]{0,64}),([\s\S]*)$/;
/** A statement or an object, and how it ended; RDS adds fields behind. */
const STATEMENT = /^'([\s\S]*)',(\d{0,10})(?:,[^']{0,256})?$/;

/** MariaDB's error codes: no right to a database, a table, a column, a routine, an operation, a command that needs a privilege. */
const NOT_ALLOWED = new Set([1044, 1142, 1143, 1227, 1370, 1410, 1698]);
const QUERIES = new Set(['QUERY', 'QUERY_DDL', 'QUERY_DML', 'QUERY_DML_NO_SELECT', 'QUERY_DCL']);
/** Longer statements are not folded. */
const MAX_STATEMENT = 16_384;

/** The plugin escapes quotes, backslashes and line ends. */
const unescaped = (text: string): string =>
  text.replace(/\\([\s\S])/g, (_all, next: string) =>
    next === 'n' ? '\n' : next === 'r' ? '\r' : next === 't' ? '\t' : next,
  );

const asUtc = (local: number): number => local;

const timeOf = (text: string): number => (text.length === 16 ? Math.floor(Number(text) / 1000) : readTime(text, asUtc));

const resultOf = (code: number): Result => (code === 0 ? 'success' : NOT_ALLOWED.has(code) ? 'denied' : 'error');

/** `SELECT orders` in the session's database is `SELECT shop.orders`. */
const actionIn = (database: string, folded: string): string => {
  const { verb, objects } = foldedDeed(folded, 'mysql');
  return actionOf(
    verb,
    objects.map((name) => (name.includes('.') || database === '' ? name : `${database}.${name}`)),
  );
};

const parse = (line: string, { redactor }: ParserContext): Parsed => {
  const fields = LINE.exec(line);
  if (fields === null)
    return { unusable: 'invalid-audit', detail: 'The line does not have the fields of server_audit.' };
  const [, stamp = '', , user = '', host = '', connection = '', , operation = '', database = '', rest = ''] = fields;
  const time = timeOf(stamp);
  if (Number.isNaN(time)) return { unusable: 'invalid-time', detail: 'The time of the line is none.' };
  const isQuery = QUERIES.has(operation);
  const isFailedLogin = operation === 'FAILED_CONNECT';
  // The statement's own line counts: a table's line comes before it, one for each table.
  if (!isQuery && !isFailedLogin) return { ignored: operation.endsWith('CONNECT') ? 'connection-line' : 'object-line' };
  if (user === '') return { ignored: 'no-user' };
  const [, escaped = '', code] = STATEMENT.exec(rest) ?? [];
  if (isQuery && code === undefined)
    return { unusable: 'invalid-audit', detail: 'The statement of the line does not end in a quote and a code.' };

  const found: FoundSecret[] = [];
  const clean = (text: string, field: string, max: number): string => shown(redactor.clean(text, field, found), max);
  const text = redactor.clean(unescaped(escaped).slice(0, MAX_STATEMENT), 'wayward.db.statement', found, 'mysql');
  const folded = foldSql(text, 'mysql', MAX_STATEMENT);
  // A client may name any database, and the action holds the name.
  const service = clean(database, 'service.name', MAX_VALUE);
  const event: CredentialUse = {
    ...NOTHING_ELSE,
    time,
    format: 'mariadb-audit',
    dataset: 'mariadb.audit',
    action: isQuery ? shown(actionIn(service, folded), MAX_PATH) : 'LOGIN',
    result: isQuery ? resultOf(Number(code)) : 'rejected',
    proof: isQuery ? PROOF.session : PROOF.failed,
    identities: [{ key: 'db_user', value: clean(user, 'db_user', MAX_VALUE) }],
    sourceIp: host === '' ? undefined : clean(host, 'source.ip', MAX_VALUE),
    statement: isQuery ? shown(folded, 512) : undefined,
    service: service === '' ? undefined : service,
    session: connection,
    leaks: leaksOf(found),
  };
  return event;
};

/** MariaDB's server_audit plugin, and what RDS and Aurora write with it: one line a statement. Its times are the server's, taken for UTC. */
export const mariadbAudit: Format = {
  id: 'mariadb-audit',
  title: 'MariaDB server_audit, also of RDS and Aurora',
  dataset: 'mariadb.audit',
  proof: 'a statement, which only an authenticated session can send; FAILED_CONNECT is rejected',
  about: {
    switchOn:
      '`server_audit_events = CONNECT,QUERY` and `server_audit_logging = ON`, the server in UTC; on RDS an option group',
    cannotTell: 'rows; times of a server that is not in UTC',
    evidence: 'recorded: MariaDB 10.11',
  },
  framing: 'line',
  detect: (lines) => fractionOf(lines, (line) => LINE.test(line)),
  parser: (context) => ({
    parse: (bytes, start, end) => parse(bytes.toString('utf8', start, end), context),
  }),
};
