import type { CleanTexts } from './clean-texts.ts';
import { foldSql } from './fold-sql.ts';
import type { FoundSecret, Redactor } from './redact.ts';
import { shown } from './shown.ts';

/** In characters: of a text as it is shown, of a folded one, and of a padded one as it stands in the log. */
const MAX_SHOWN = 512;
const MAX_FOLDED = 16_384;
const MAX_PADDED = 65_536;

/** A statement without what a user put in. */
export interface FoldedStatement {
  /** Redacted. */
  readonly shown: string;
  /** What it does and to what is looked for here; never shown as it is. */
  readonly read: string;
  /** Whether that is all of it. */
  readonly isWhole: boolean;
}

/** Redacted first: folding would take a secret apart that stands outside of literals. */
export const foldedText = (text: string, redactor: Redactor, found: FoundSecret[]): string =>
  shown(foldSql(redactor.clean(text, 'wayward.db.statement', found, 'sql'), 'sql', MAX_FOLDED), MAX_FOLDED);

/**
 * A text longer than the redactor takes is folded once more, as far as it goes, so that padding hides nothing: of that only names are
 * taken, which are redacted as such.
 * @param texts what `foldedText` makes of each
 */
export const foldedStatement = (
  text: string,
  texts: CleanTexts,
  found: FoundSecret[],
  isCut: boolean,
): FoldedStatement => {
  const folded = texts.clean(text, found);
  return {
    shown: folded.slice(0, MAX_SHOWN),
    read: text.length > MAX_FOLDED ? foldSql(text.slice(0, MAX_PADDED), 'sql', MAX_PADDED) : folded,
    isWhole: !isCut && text.length <= MAX_PADDED,
  };
};
