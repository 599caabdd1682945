import { foldSql } from './fold-sql.ts';
import { isFailureState } from './postgres-severity.ts';
import type { Prefix } from './stderr-prefix.ts';

/** Enough of a message to see what it names. */
const MAX_MESSAGE = 512;
/** Where the prefix has no %e. */
const ERROR = 'XX000';
/** How a statement begins. */
const STATEMENT =
  /^\(?(?:select|insert|update|delete|merge|with|table|values|copy|truncate|create|drop|alter|grant|revoke|reassign|set|reset|begin|start|commit|rollback|declare|fetch|close|call|do|execute|prepare|deallocate|lock|explain|analyze|vacuum|reindex|cluster|refresh|comment|security|import|listen|notify|load|show|discard)\b/i;

/** Where in a function something was written, in any language: `PL/pgSQL function f() line 1 at RAISE`. It stands between a message and its statement. */
const PLACE_IN_FUNCTION = /(?:^|\s)PL\/[\w.]{1,20} /;

/** Plain JSON. */
export interface SavedUnknownWords {
  readonly place: string;
  readonly message: string;
  readonly sqlState: string | null;
}

export interface Failure {
  readonly message: string;
  readonly statement: string;
  readonly sqlState: string | undefined;
}

/**
 * Lines that begin with words of a language that we don't know, or with question marks since the encoding of the database has no letters
 * for them: neither says that it is an error. But only behind an error the server writes the statement, at the same time, as a line of its own.
 */
export class UnknownWords {
  #last: SavedUnknownWords | undefined;

  /** The failure that this line, with the statement, makes complete; undefined where it is none, or the statement is still to come. */
  read({ process, session = '', timestamp }: Prefix, sqlState: string | undefined, text: string): Failure | undefined {
    const place = `${process} ${session} ${timestamp}`;
    if (PLACE_IN_FUNCTION.test(text.slice(0, MAX_MESSAGE))) return undefined;
    const last = this.#last;
    if (last !== undefined && last.place === place && STATEMENT.test(foldSql(text, 'sql', 64))) {
      this.#last = undefined;
      const { message, sqlState } = last;
      return isFailureState(sqlState ?? ERROR)
        ? { message, statement: text, sqlState: sqlState ?? undefined }
        : undefined;
    }
    this.#last = { place, message: text.slice(0, MAX_MESSAGE), sqlState: sqlState ?? null };
    return undefined;
  }

  save(): SavedUnknownWords | null {
    return this.#last ?? null;
  }

  load(saved: SavedUnknownWords | null): void {
    this.#last = saved ?? undefined;
  }
}
