import { PROOF } from '../proof.ts';
import type { Format } from './format.ts';
import { fractionOfObjects, isFailure, readJson } from './json.ts';
import { DATASET, postgresAudit } from './pgaudit.ts';
import { known } from './pgaudit-record.ts';

/** Number of rows, end of the message, and what follows it; a client's quotes are escaped. */
const ROWS_AT_END =
  /,(\d{1,19})"(?:,"(?:func_name|file_name|application_name|backend_type)":"(?:[^"\\]|\\.)*"|,"(?:file_line_num|leader_pid|query_id)":-?\d{1,20})*\}\s*$/;

/** PostgreSQL 15+ `log_destination = jsonlog` with pgaudit. */
export const pgauditJson: Format = {
  id: 'pgaudit-json',
  title: 'PostgreSQL with pgaudit, jsonlog',
  dataset: DATASET,
  proof: 'an audit line, or an error, of a session; a FATAL only once the session was seen to be authorized',
  about: {
    switchOn:
      "`shared_preload_libraries = 'pgaudit'`, `pgaudit.log = 'all'`, `log_destination = 'jsonlog'` ([more](sources.md#postgresql))",
    cannotTell: 'bytes; what a view or routine reads, unless `pgaudit.log_relation` is on',
    evidence: 'recorded: PostgreSQL 15 with pgaudit 1.7, in English, German, Russian and Chinese',
  },
  framing: 'json',
  detect: (lines) =>
    fractionOfObjects(
      lines,
      // What stands before the message: of a record that is too long, the rest is not there.
      (record) => 'error_severity' in record && 'timestamp' in record && 'session_id' in record,
    ),
  parser(context) {
    const audit = postgresAudit(this.id, context);
    return {
      parse(bytes, start, end, length, tail) {
        const record = readJson(bytes, start, end, length !== undefined);
        if (isFailure(record)) return record;
        const { timestamp, error_severity: severity, message } = record;
        if (typeof timestamp !== 'string' || typeof severity !== 'string') {
          return { unusable: 'wrong-type', detail: 'The record lacks timestamp or error_severity.' };
        }
        return audit.read({
          timestamp,
          user: known(record['user']),
          database: known(record['dbname']),
          session: known(record['session_id']),
          application: known(record['application_name']),
          host: known(record['remote_host']),
          severity,
          sqlState: known(record['state_code']),
          message: typeof message === 'string' ? message : '',
          statement: known(record['statement']),
          context: known(record['context']),
          phase: known(record['ps']),
          proof: PROOF.session,
          isCut: length !== undefined,
          rowsAtEnd: ROWS_AT_END.exec(tail?.toString('latin1') ?? '')?.[1],
        });
      },
      save: audit.save,
      load: audit.load,
    };
  },
};
