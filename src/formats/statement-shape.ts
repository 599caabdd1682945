import type { Shape } from '../event.ts';
import type { FoldedStatement } from './folded-statement.ts';

/**
 * Functions that make one value of many rows: `json_agg(t)`, `string_agg(…)`, `xmlagg(…)`, MySQL's `group_concat`; and `array(select …)`.
 * Of a table named so, `insert into daily_agg (…)`, only the name stands before the parenthesis.
 */
const GATHERS =
  /(?<!\b(?:into|table|exists|on)\s(?:[\w"]{1,64}\.)?"?)\b(?:\w{1,64}_agg(?:_\w{1,32})?|json_?arrayagg|json_?objectagg|xmlagg|listagg|group_concat|array(?=\s?\(\s?\(*\s?(?:select|with|table|values)\b))"?\s?\(/i;
const CURSOR = /^declare\b/i;

/**
 * How a folded statement reads rows that its count does not show; undefined where the count shows them. Behind what is looked at may stand
 * anything: only who pads a statement writes so much.
 */
export const shapeOf = (command: string, folded: FoldedStatement | undefined): Shape | undefined => {
  if (command === 'DECLARE CURSOR') return 'cursor';
  if (folded === undefined || command !== 'SELECT') return undefined;
  if (!folded.isWhole || GATHERS.test(folded.read)) return 'gathered';
  return CURSOR.test(folded.read) ? 'cursor' : undefined;
};
