/**
 * Every reason for which a format may ignore a record, and whether such records are expected: those that any server writes in plenty, and
 * by which no use of a credential can be hidden. The others make an alert about their log once they are more than is usual there.
 */
const REASONS = {
  /** PostgreSQL: a connection was received, authorized, or ended. */
  'connection-line': 'expected',
  /** PostgreSQL: a statement as `log_statement` shows it, beside its AUDIT line. */
  'statement-line': 'expected',
  /** PostgreSQL: the server's own, such as checkpoints. nginx, Apache, Vault: their own log, which a container writes beside the other. */
  'server-line': 'expected',
  /** pgaudit: what a DROP takes along. */
  'dependent-object': 'expected',
  /** PostgreSQL: an administrator, or the server's end, ended the session. */
  'session-terminated': 'expected',
  /** PostgreSQL: background workers, and clients that left before they named a user. */
  'no-user': 'expected',
  /** PostgreSQL's stderr log: a part of a record that does not stand behind it. */
  'detached-line': 'unexpected',
  /** PostgreSQL: text such as pgaudit's that a function raised. */
  'raised-message': 'unexpected',
  /** nginx: a probe that spoke no HTTP. */
  'no-request': 'expected',
  /** Vault: the request, whose response has a record of its own. */
  'request-half': 'expected',
  /** Vault: the answer to a request for help, whose request has been counted. */
  'response-half': 'expected',
  /** Vault: the protocol's own operations, which carry keys instead of tokens. */
  kmip: 'expected',
  /** Vault: a path that needs no token, such as its health. */
  unauthenticated: 'expected',
  /** A format of the user's: its `when:` is not met. */
  'condition-not-met': 'expected',
} as const satisfies Readonly<Record<string, 'expected' | 'unexpected'>>;

export type IgnoredReason = keyof typeof REASONS;

/** Whether any number of such records is nothing to speak of. What a format's description ignores, its author expects. */
export const isExpected = (reason: string): boolean =>
  !Object.hasOwn(REASONS, reason) || REASONS[reason as IgnoredReason] === 'expected';
