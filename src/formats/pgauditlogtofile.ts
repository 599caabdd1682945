/**
 * The audit files of pgauditlogtofile, an extension that takes pgaudit's lines out of the server's log: with it, nothing else has them.
 * Its CSV, the CSV of version 1.7 and later, in which every field is quoted as JSON quotes texts, and its JSON.
 *
 * Errors stay in the server's log: without that log, denied statements are not seen.
 */
import { auditFileStart } from '../audit-file-start.ts';
import { PROOF } from '../proof.ts';
import { PIECES } from '../record-pieces.ts';
import { csvFields } from './csv.ts';
import type { AboutFormat, Format, Parsed, Parser, ParserContext, Unusable } from './format.ts';
import { fractionOfObjects, isFailure, readJson } from './json.ts';
import { DATASET, type PostgresAudit, postgresAudit } from './pgaudit.ts';
import { hostOf, known } from './pgaudit-record.ts';

const proof = 'an audit line of a session';
const about = (switchOn: string): AboutFormat => ({
  switchOn,
  cannotTell: "Denied and failed statements and logins: the server's own log has those.",
  evidence: "documented: pgauditlogtofile's README and source, 2026",
});

/** Of the AUDIT line, up to the parameters. */
const AUDIT_FIELDS = 9;
/** The extension's own columns from `detail` on, of which the application's name is the last and may have commas. */
const BEFORE_APPLICATION = 8;
const MOST_FIELDS = AUDIT_FIELDS + 1 + BEFORE_APPLICATION + 64;
const STATE = /^[\dA-Z]{5}$/;
const MODE = /^(?:SESSION|OBJECT)$/;

/** The columns before and behind pgaudit's line. */
interface AuditRecord {
  readonly time: string;
  readonly user: unknown;
  readonly database: unknown;
  readonly host: string | undefined;
  readonly session: unknown;
  readonly phase: unknown;
  readonly state: unknown;
  readonly application: unknown;
  readonly message: string;
}

const read = (audit: PostgresAudit, record: AuditRecord, isCut: boolean): Parsed =>
  audit.read({
    timestamp: record.time,
    user: known(record.user),
    database: known(record.database),
    session: known(record.session),
    application: known(record.application),
    host: record.host,
    severity: 'LOG',
    sqlState: known(record.state),
    message: record.message,
    statement: undefined,
    context: undefined,
    phase: known(record.phase),
    proof: PROOF.session,
    isCut,
  });

type ParseRecord = (bytes: Buffer, start: number, end: number, isCut: boolean) => AuditRecord | Unusable;

const parserOf = (id: string, context: ParserContext, parse: ParseRecord): Parser => {
  const audit = postgresAudit(id, context);
  return {
    parse(bytes, start, end, length) {
      const isCut = length !== undefined;
      const record = parse(bytes, start, end, isCut);
      return 'unusable' in record ? record : read(audit, record, isCut);
    },
    save: audit.save,
    load: audit.load,
  };
};

const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`;

const TORN: Unusable = { unusable: 'torn-record', detail: PIECES['torn-record'] };

export const pgauditlogtofileCsv: Format = {
  id: 'pgauditlogtofile-csv',
  title: 'PostgreSQL with pgauditlogtofile, CSV before its version 1.7',
  dataset: DATASET,
  proof,
  about: about("pgaudit.log_format = 'csv'"),
  framing: 'audit-file',
  detect(lines) {
    const first = lines.find((line) => line.trim() !== '');
    return first !== undefined && auditFileStart(first) !== undefined ? 1 : 0;
  },
  parser(context) {
    return parserOf(this.id, context, (bytes, start, end) => {
      const text = bytes.toString('utf8', start, end);
      const found = auditFileStart(text);
      if (found === undefined) return TORN;
      const [time = '', user, database, , remote = '', session, , phase, , , , state] = text
        .slice(0, found.at)
        .split(',');
      const rest = csvFields(text, found.at, MOST_FIELDS);
      // `pgaudit.log_rows` adds a field, which is a number; the extension's own next field is empty or words.
      const hasRows = /^\d+$/.test(rest[AUDIT_FIELDS] ?? '');
      const fields = rest.slice(0, hasRows ? AUDIT_FIELDS + 1 : AUDIT_FIELDS);
      const message = found.isAudit ? `AUDIT: ${fields.map(quoted).join(',')}` : (rest[0] ?? '');
      const application = found.isAudit ? rest.slice(fields.length + BEFORE_APPLICATION).join(',') : undefined;
      return { time, user, database, host: hostOf(remote), session, phase, state, application, message };
    });
  },
};

const QUOTED_START = /^\ufeff?"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9} [^"]{1,40}",(?:"(?:[^"\\]|\\.)*")?,/;
/** Whether a line begins a record of the CSV in which every field is quoted; csvlog never begins one with a quote. */
export const isQuotedAudit = (line: string): boolean => QUOTED_START.test(line);
const QUOTED_FIELD = /("(?:[^"\\]|\\.)*")?(?:,|$)/y;
const MOST_COLUMNS = 40;

/** Empty fields are not quoted; undefined where a field is not as JSON has it. */
const quotedFields = (text: string): string[] | undefined => {
  const fields: string[] = [];
  QUOTED_FIELD.lastIndex = 0;
  while (QUOTED_FIELD.lastIndex < text.length && fields.length < MOST_COLUMNS) {
    const found = QUOTED_FIELD.exec(text);
    if (found === null) return undefined;
    try {
      fields.push(found[1] === undefined ? '' : String(JSON.parse(found[1])));
    } catch {
      return undefined; // Not a text as JSON has it.
    }
  }
  return fields;
};

export const pgauditlogtofileQuoted: Format = {
  id: 'pgauditlogtofile-quoted',
  title: 'PostgreSQL with pgauditlogtofile, CSV since its version 1.7',
  dataset: DATASET,
  proof,
  about: about("pgaudit.log_format = 'csv'"),
  framing: 'line',
  detect: (lines) => lines.filter(isQuotedAudit).length / Math.max(1, lines.length),
  parser(context) {
    return parserOf(this.id, context, (bytes, start, end) => {
      const fields = quotedFields(bytes.toString('utf8', start, end));
      const at = fields?.findIndex((field, index) => index > 6 && STATE.test(field)) ?? -1;
      if (fields === undefined || at === -1)
        return { unusable: 'wrong-type', detail: "The record has not the columns of pgauditlogtofile's CSV." };
      const [time = '', user, database, , remote = '', session, tag, maybeTag] = fields;
      const [state, mode = ''] = fields.slice(at);
      const isAudit = MODE.test(mode);
      const message = isAudit ? `AUDIT: ${fields.slice(at + 1, at + 9).join(',')}` : mode;
      const application = isAudit ? fields[at + 17] : undefined;
      const phase = /^\d+$/.test(tag ?? '') ? maybeTag : tag;
      return { time, user, database, host: hostOf(remote), session, phase, state, application, message };
    });
  },
};

/** Of the AUDIT line, in its order. */
const AUDIT_KEYS = ['audit_type', 'statement_id', 'substatement_id', 'class', 'command', 'object_type', 'object_name'];

export const pgauditlogtofileJson: Format = {
  id: 'pgauditlogtofile-json',
  title: 'PostgreSQL with pgauditlogtofile, JSON',
  dataset: DATASET,
  proof,
  about: about("pgaudit.log_format = 'json'"),
  framing: 'json',
  detect: (lines) => fractionOfObjects(lines, (record) => record['log.source'] === 'pgauditlogtofile'),
  parser(context) {
    return parserOf(this.id, context, (bytes, start, end, isCut) => {
      const record = readJson(bytes, start, end, isCut);
      if (isFailure(record)) return record;
      const { timestamp: time, content } = record;
      if (typeof time !== 'string') return { unusable: 'wrong-type', detail: 'The record lacks timestamp.' };
      const own = (key: string): unknown => record[`custom.${key}`];
      const text = typeof content === 'string' ? content : '';
      const fields = AUDIT_KEYS.map((key) => String(own(key) ?? ''));
      return {
        time,
        user: record['db.user'],
        database: record['db.name'],
        host: known(record['net.peer.name']),
        session: own('session_id'),
        phase: own('command_tag'),
        state: own('state_code'),
        application: own('application_name'),
        message: own('audit_type') === undefined ? text : `AUDIT: ${[...fields, text].join(',')}`,
      };
    });
  },
};
