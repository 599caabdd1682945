const UNCERTAIN = 'What stands there may be a piece of a record, so it is never read as a whole one';

/**
 * Reasons of dead letters that may hold a piece of a record, which a client may have written to look like a whole one; each with
 * what to do. A replay never reads them as records.
 */
export const PIECES = {
  'torn-record': `${UNCERTAIN}: it does not begin like a record of this log. If the log is in another format, write which: format: in wayward.yaml, or --format.`,
  'unbalanced-quotes': `${UNCERTAIN}: a quote stands where none may. If the log is no csvlog, write which format it has: format: in wayward.yaml, or --format.`,
  'unclosed-prefix': `${UNCERTAIN}: the prefix of the line does not end in it.`,
} as const;

type PieceReason = keyof typeof PIECES;

export const isPiece = (reason: string): reason is PieceReason => Object.hasOwn(PIECES, reason);
