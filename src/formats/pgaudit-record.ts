import type { Proof } from '../event.ts';
import { saysDenied } from '../postgres-words.ts';

/** One PostgreSQL log record, whichever of its three log formats it came in; absent and `[unknown]` are undefined. */
export interface PostgresRecord {
  readonly timestamp: string;
  readonly user: string | undefined;
  readonly database: string | undefined;
  readonly session: string | undefined;
  readonly application: string | undefined;
  /** `remote_host`; undefined for a Unix socket. */
  readonly host: string | undefined;
  readonly severity: string;
  /** Five characters (PostgreSQL manual, appendix A); undefined where the format has none (stderr). */
  readonly sqlState: string | undefined;
  readonly message: string;
  readonly statement: string | undefined;
  /** Where in a function it was written; pgaudit's own lines have none. */
  readonly context: string | undefined;
  /** What the session was doing (`ps_display`, csvlog's `command_tag`): `authentication`, `SELECT`, … */
  readonly phase: string | undefined;
  /** What the record's form proves of the user, once the session was authenticated. */
  readonly proof: Proof;
  /** Only its beginning is there: what comes last in a record may be missing. */
  readonly isCut: boolean;
  /** What `pgaudit.log_rows` has put at the end of a message that is cut. */
  readonly rowsAtEnd?: string | undefined;
}

/** A text field, or undefined where PostgreSQL had nothing to say. */
export const known = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value !== '[unknown]' && value !== '[local]' ? value : undefined;

/** The host in `host:port`; `[local]` has none. IPv6 addresses hold colons, so the last one counts. */
export const hostOf = (connection: string): string | undefined => {
  const colon = connection.lastIndexOf(':');
  return known(colon === -1 ? connection : connection.slice(0, colon));
};

/**
 * What the stderr log leaves out, unless its prefix has %e. Of messages in other languages, those of missing privileges can be told apart.
 */
export const sqlStateOf = (record: PostgresRecord): string => {
  if (record.sqlState !== undefined) return record.sqlState;
  const { message } = record;
  if (message.startsWith('terminating connection') || message.startsWith('the database system is')) return '57P01';
  if (saysDenied(message)) return '42501';
  if (record.severity !== 'FATAL') return 'XX000';
  if (message.startsWith('password authentication failed')) return '28P01';
  return / authentication failed for user |is not permitted to log in$|^no pg_hba\.conf entry|^pg_hba\.conf rejects|^role ".*" does not exist$/.test(
    message,
  )
    ? '28000'
    : 'XX000';
};
