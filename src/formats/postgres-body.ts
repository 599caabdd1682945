import { parsePlPgSQLSync } from 'libpg-query';
import { isObject } from './json.ts';

/** In characters: of a longer text no body is read. */
const LONGEST = 8_192;
/** Of one text. */
const MAX_STATEMENTS = 64;
/** What `EXECUTE 'drop table ' || name` begins with. */
const LEADING_TEXT = /^\s*'((?:[^']|'')*)'/;

/** The statements of a DO block in PL/pgSQL, in the order of their nodes; none where there is no such block, or where it can't be read. */
export const statementsOfBody = (text: string): string[] => {
  if (text.length > LONGEST) return [];
  const found: string[] = [];
  const open: unknown[] = [blocksOf(text)];
  for (let node = open.pop(); open.length > 0 || node !== undefined; node = open.pop()) {
    if (Array.isArray(node)) open.push(...node.toReversed());
    if (!isObject(node)) continue;
    const { query, parseMode } = node;
    if (typeof query === 'string' && found.length < MAX_STATEMENTS) {
      // An expression: of interest is only the text that EXECUTE begins with.
      const statement = parseMode === 0 ? query : LEADING_TEXT.exec(query)?.[1]?.replaceAll("''", "'");
      if (statement !== undefined) found.push(statement);
    }
    open.push(
      ...Object.values(node)
        .filter((value) => typeof value === 'object' && value !== null)
        .toReversed(),
    );
  }
  return found;
};

const blocksOf = (text: string): unknown => {
  try {
    return parsePlPgSQLSync(text);
  } catch {
    // Not PL/pgSQL: the statement stays a DO of which no more is known.
    return undefined;
  }
};
