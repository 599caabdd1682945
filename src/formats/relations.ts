import { qualified } from './sql-names.ts';

/** Where the list of what is read ends; only words that can't be the name of a table in it. */
const ENDS_LIST = new Set([
  ...['WHERE', 'GROUP', 'ORDER', 'HAVING', 'LIMIT', 'OFFSET', 'FETCH', 'WINDOW', 'UNION', 'INTERSECT', 'EXCEPT'],
  ...['RETURNING', 'WHEN', 'FOR', 'SELECT'],
]);
/** Functions with a FROM of their own: `extract(year FROM day)`. */
const WITH_FROM = new Set(['EXTRACT', 'SUBSTRING', 'TRIM', 'OVERLAY', 'POSITION']);
const BEFORE_NAME = new Set(['ONLY', 'LATERAL']);
const NAME = /^(?:"|[a-z_\u0080-\uffff])/i;

/** What stands within one pair of parentheses, or outside of all. */
interface Level {
  /** Whether a name here is a relation: `into` is one also where parentheses follow. */
  expects: 'from' | 'into' | undefined;
  /** A comma leads to the next one. */
  inList: boolean;
  /** Names that WITH gave to queries, which are no tables up to where this level ends. */
  queries: Set<string> | undefined;
  readonly opensFunction: boolean;
  /** The query's name, once it ends. */
  readonly defines: string | undefined;
}

const levelOf = (expects: Level['expects'], opensFunction = false, defines?: string): Level => ({
  ...{ expects, inList: expects !== undefined, queries: undefined },
  ...{ opensFunction, defines },
});

/** The name that WITH gives to the query whose parenthesis opens here: `WITH name AS (`, `, name AS MATERIALIZED (`; columns may follow the name. */
const queryNameAt = (tokens: readonly string[], upper: readonly string[], at: number): string | undefined => {
  let i = at - 1;
  if (upper[i] === 'MATERIALIZED') i -= upper[i - 1] === 'NOT' ? 2 : 1;
  if (upper[i] !== 'AS') return undefined;
  i--;
  if (upper[i] === ')') i = upper.lastIndexOf('(', i) - 1;
  const before = upper[i - 1];
  return before === 'WITH' || before === 'RECURSIVE' || before === ',' ? qualified(tokens[i] ?? '', '') : undefined;
};

/**
 * Every table and view that a statement of SELECT, INSERT, UPDATE, DELETE or MERGE reads or writes, as pgaudit would call it: a guess by
 * keywords, in which what may be a table is one. Linear in the tokens.
 */
export const relationsIn = (tokens: readonly string[], schema = 'public.'): string[] => {
  const upper = tokens.map((token) => token.toUpperCase());
  const found = new Set<string>();
  const levels: Level[] = [levelOf(undefined)];
  /** In how many levels each name is a query's. */
  const queries = new Map<string, number>();
  const close = (closed: Level | undefined): void => {
    for (const name of closed?.queries ?? []) queries.set(name, (queries.get(name) ?? 0) - 1);
    const outer = levels.at(-1);
    if (closed?.defines === undefined || outer === undefined || outer.queries?.has(closed.defines) === true) return;
    outer.queries ??= new Set();
    outer.queries.add(closed.defines);
    queries.set(closed.defines, (queries.get(closed.defines) ?? 0) + 1);
  };
  for (const [at, token] of tokens.entries()) {
    const level = levels.at(-1);
    const word = upper[at] ?? '';
    const before = upper[at - 1];
    if (level === undefined) break;
    if (token === '(') {
      levels.push(levelOf(level.expects, WITH_FROM.has(before ?? ''), queryNameAt(tokens, upper, at)));
      level.expects = undefined;
    } else if (token === ')') {
      if (levels.length > 1) close(levels.pop());
    } else if (token === ',') level.expects = level.inList ? 'from' : undefined;
    else if (word === 'FROM' || word === 'JOIN' || word === 'STRAIGHT_JOIN') {
      const isOther = level.opensFunction || (before === 'DISTINCT' && /^(?:IS|NOT)$/.test(upper[at - 2] ?? ''));
      if (isOther) continue;
      level.expects = 'from';
      level.inList = true;
    } else if (word === 'INTO') level.expects = 'into';
    else if (word === 'USING') level.expects = upper[at + 1] === '(' ? undefined : 'from';
    else if (word === 'TABLE') level.expects = 'from';
    else if (before === '(' && (word === 'VALUES' || word === 'WITH')) {
      level.expects = undefined;
      level.inList = false;
    } else if (word === 'UPDATE') level.expects = before === 'FOR' || upper[at + 1] === 'SET' ? undefined : 'from';
    else if (ENDS_LIST.has(word)) {
      level.expects = undefined;
      level.inList = false;
    } else if (level.expects !== undefined && !BEFORE_NAME.has(word)) {
      const isRelation = NAME.test(token) && (level.expects === 'into' || tokens[at + 1] !== '(');
      const isQuery = (queries.get(qualified(token, '')) ?? 0) > 0;
      if (isRelation && !isQuery) found.add(qualified(token, schema));
      level.expects = undefined;
    }
  }
  return [...found];
};
