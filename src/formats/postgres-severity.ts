import { englishWord } from '../postgres-words.ts';
import type { PostgresRecord } from './pgaudit-record.ts';

/**
 * csvlog and the stderr log write the severity in the language of `lc_messages`. Where that is none that we know, or the encoding of the
 * database has no letters for it, the SQLSTATE tells, or else that the record has a statement.
 */
const ENGLISH = /^(?:DEBUG[1-5]?|INFO|NOTICE|WARNING|LOG|ERROR|FATAL|PANIC)$/;

const isFailureWord = (severity: string): boolean => /^(?:ERROR|FATAL|PANIC)$/.test(severity);

/** Successful completion, warning, no data (PostgreSQL manual, appendix A). */
export const isFailureState = (state: string): boolean => !/^0[012]/.test(state);

/** Whether the word is one that we know, in whatever language. */
export const isKnownSeverity = ({ severity }: PostgresRecord): boolean => ENGLISH.test(englishWord(severity));

/** Whether the record says that a statement or a session failed. */
export const isFailureRecord = ({ severity, sqlState, statement }: PostgresRecord): boolean => {
  const word = englishWord(severity);
  if (ENGLISH.test(word)) return isFailureWord(word);
  return sqlState === undefined ? statement !== undefined : isFailureState(sqlState);
};

/** Whether it says that the session ended; in another language, one that names no statement may be that, and is taken for it. */
export const isFatal = ({ severity, statement }: PostgresRecord): boolean => {
  const word = englishWord(severity);
  return ENGLISH.test(word) ? word === 'FATAL' || word === 'PANIC' : statement === undefined;
};

/** A line of the server about a connection that broke, which in another language looks like a failure. */
export const isBrokenConnection = ({ severity, sqlState = '' }: PostgresRecord): boolean =>
  !ENGLISH.test(englishWord(severity)) && sqlState.startsWith('08');
