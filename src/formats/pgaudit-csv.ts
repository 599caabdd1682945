import { isCsvlogStartIn } from '../csvlog-start.ts';
import { PROOF } from '../proof.ts';
import { PIECES } from '../record-pieces.ts';
import { csvFields } from './csv.ts';
import { detectCsvlog } from './detect-postgres.ts';
import type { Format, Unusable } from './format.ts';
import { DATASET, postgresAudit } from './pgaudit.ts';
import { hostOf, known } from './pgaudit-record.ts';

/** Enough of the manual's columns (20.8.4): PostgreSQL 9.0 has 23, 13 has 24, 14 and later 26. */
const COLUMNS = 23;
/** Up to the message: enough of a record that is cut. */
const WITH_MESSAGE = 14;
const TORN: Unusable = { unusable: 'torn-record', detail: PIECES['torn-record'] };

/** Number of rows, end of the message, eight columns of which only the place in the code is written, application and what follows. */
const ROWS_AT_END = /,(\d{1,19})",,,,,,,,(?:"[^"]*")?,(?:"(?:[^"]|"")*")?(?:,"[^"]*"(?:,\d*(?:,-?\d*)?)?)?\r?$/;

/** PostgreSQL `log_destination = csvlog` with pgaudit. */
export const pgauditCsv: Format = {
  id: 'pgaudit-csv',
  title: 'PostgreSQL with pgaudit, csvlog',
  dataset: DATASET,
  proof: 'an audit line, or an error, of a session; a FATAL only once the session was seen to be authorized',
  about: {
    switchOn:
      "`shared_preload_libraries = 'pgaudit'`, `pgaudit.log = 'all'`, `log_destination = 'csvlog'` ([more](sources.md#postgresql))",
    cannotTell: 'bytes; what a view or routine reads, unless `pgaudit.log_relation` is on',
    evidence: 'recorded: PostgreSQL 15 with pgaudit 1.7, in English, German, Russian and Chinese',
  },
  framing: 'csv',
  detect: detectCsvlog,
  parser(context) {
    const audit = postgresAudit(this.id, context);
    return {
      parse(bytes, start, end, length, tail) {
        const fields = csvFields(bytes.toString('utf8', start, end), 0, 26);
        const isCut = length !== undefined;
        const isStart = isCsvlogStartIn(bytes, start, end);
        if (fields.length < (isCut ? WITH_MESSAGE : COLUMNS)) {
          // One that was cut right before its session's start begins with a time, too.
          if (isStart) return TORN;
          return { unusable: 'too-few-columns', detail: `A csvlog record has ${COLUMNS} columns or more.` };
        }
        if (!isStart) return TORN;
        const [timestamp = '', user, database, , connection = '', session] = fields;
        return audit.read({
          timestamp,
          user: known(user),
          database: known(database),
          session: known(session),
          application: known(fields[22]),
          host: hostOf(connection),
          severity: fields[11] ?? '',
          sqlState: known(fields[12]),
          message: fields[13] ?? '',
          statement: known(fields[19]),
          context: known(fields[18]),
          phase: known(fields[7]),
          proof: PROOF.session,
          isCut,
          rowsAtEnd: ROWS_AT_END.exec(tail?.toString('latin1') ?? '')?.[1],
        });
      },
      save: audit.save,
      load: audit.load,
    };
  },
};
