import type { PostgresRecord } from './pgaudit-record.ts';

/** csvlog and the stderr log write the severity in the language of `lc_messages`; only of English ones does the word alone tell. */
const ENGLISH = /^(?:DEBUG[1-5]?|INFO|NOTICE|WARNING|LOG|ERROR|FATAL|PANIC)$/;

const isFailureWord = (severity: string): boolean => /^(?:ERROR|FATAL|PANIC)$/.test(severity);

/** Successful completion, warning, no data (PostgreSQL manual, appendix A). */
const isFailureState = (state: string | undefined): boolean => state !== undefined && !/^0[012]/.test(state);

/** Whether the record says that a statement or a session failed. */
export const isFailureRecord = ({ severity, sqlState }: PostgresRecord): boolean =>
  ENGLISH.test(severity) ? isFailureWord(severity) : isFailureState(sqlState);

/** Whether it says that the session ended; in another language, one that names no statement may be that, and is taken for it. */
export const isFatal = ({ severity, statement }: PostgresRecord): boolean =>
  ENGLISH.test(severity) ? severity === 'FATAL' || severity === 'PANIC' : statement === undefined;

/** A line of the server about a connection that broke, which in another language looks like a failure. */
export const isBrokenConnection = ({ severity, sqlState = '' }: PostgresRecord): boolean =>
  !ENGLISH.test(severity) && sqlState.startsWith('08');
