import type { Language } from './named-secrets.ts';
import { qualified, tokensOf } from './sql-names.ts';

/**
 * What a statement does and to what, where pgaudit does not say: it writes nothing for a denied statement, so the server's ERROR
 * line and its text are all there is, and names no object for COPY. A guess by keywords, not a parser: good enough to name
 * the attempt.
 */

/** Kinds of object that live in a schema: an unqualified name of theirs is found by the search path. */
const IN_SCHEMA = new Set([
  'TABLE',
  'VIEW',
  'INDEX',
  'SEQUENCE',
  'FUNCTION',
  'PROCEDURE',
  'TYPE',
  'DOMAIN',
  'AGGREGATE',
]);
/** Words between a verb and the kind or the name of its object. */
const NOISE = new Set([
  'ONLY',
  'IF',
  'NOT',
  'EXISTS',
  'CONCURRENTLY',
  'OR',
  'REPLACE',
  'TEMP',
  'TEMPORARY',
  'UNLOGGED',
]);
const NOISE_BEFORE_KIND = new Set(['UNIQUE', 'MATERIALIZED', 'FOREIGN', 'RECURSIVE', 'GLOBAL', 'LOCAL', ...NOISE]);
/** The keyword that the object follows; undefined = it follows the verb. */
const OBJECT_AFTER: Readonly<Record<string, string | undefined>> = {
  SELECT: 'FROM',
  INSERT: 'INTO',
  DELETE: 'FROM',
  MERGE: 'INTO',
};
const DIRECT = new Set(['UPDATE', 'CALL', 'TABLE']);

const isName = (token: string | undefined): token is string =>
  token !== undefined && /^["\w\u0080-\uffff]/.test(token) && token !== '?';

/** The first token from `at` on that is no noise word. */
const skip = (tokens: readonly string[], upper: readonly string[], at: number, noise: ReadonlySet<string>): number => {
  let i = at;
  while (i < tokens.length && noise.has(upper[i] ?? '')) i++;
  return i;
};

/** Behind `WITH … ` : where the statement proper starts, at depth 0 behind the last common table expression. */
const afterWith = (upper: readonly string[]): number => {
  let depth = 0;
  for (let i = 1; i < upper.length; i++) {
    if (upper[i] === '(') depth++;
    else if (upper[i] === ')') depth--;
    else if (depth === 0 && /^(?:SELECT|INSERT|UPDATE|DELETE|MERGE|TABLE)$/.test(upper[i] ?? '')) return i;
  }
  return 0;
};

/** Loads a table rather than exports it: `FROM` comes behind the name, outside of parentheses. */
const loads = (upper: readonly string[], from: number): boolean => {
  let depth = 0;
  for (let i = from; i < upper.length; i++) {
    if (upper[i] === '(') depth++;
    else if (upper[i] === ')') depth--;
    else if (depth === 0 && (upper[i] === 'FROM' || upper[i] === 'TO')) return upper[i] === 'FROM';
  }
  return false;
};

/** `DELETE public.customers`, `DROP TABLE public.orders`, `SET ROLE`, `COPY public.customers` (`COPY FROM …` loads it); the verb alone without an object. */
export const sqlAction = (folded: string, language: Language = 'sql'): string => {
  // MySQL's is the session's, which a statement does not say.
  const schema = language === 'sql' ? 'public.' : '';
  const tokens = tokensOf(folded);
  const upper = tokens.map((token) => token.toUpperCase());
  let at = 0;
  while (upper[at] === '(') at++;
  if (upper[at] === 'EXPLAIN')
    at = upper.findIndex((word, i) => i > at && /^(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH)$/.test(word));
  if (at === -1) return 'EXPLAIN';
  const inner = upper[at] === 'WITH' ? at + afterWith(upper.slice(at)) : at;
  const verb = upper[inner] ?? '';
  if (!/^[A-Z]{2,16}$/.test(verb)) return 'UNKNOWN';

  if (verb === 'SET') return upper.slice(inner, inner + 4).includes('ROLE') ? 'SET ROLE' : 'SET';
  if (verb === 'TRUNCATE')
    return named('TRUNCATE TABLE', tokens, upper, skip(tokens, upper, inner + 1, new Set(['TABLE', 'ONLY'])), schema);
  if (verb === 'LOCK')
    return named('LOCK TABLE', tokens, upper, skip(tokens, upper, inner + 1, new Set(['TABLE', 'ONLY'])), schema);
  if (verb === 'CREATE' || verb === 'ALTER' || verb === 'DROP') return definition(verb, tokens, upper, inner, schema);
  if (verb === 'GRANT' || verb === 'REVOKE') return upper.includes('ON') ? verb : `${verb} ROLE`;
  if (verb === 'COPY') return named(loads(upper, inner + 1) ? 'COPY FROM' : 'COPY', tokens, upper, inner + 1, schema);
  const keyword = OBJECT_AFTER[verb];
  if (keyword !== undefined) {
    const found = upper.indexOf(keyword, inner);
    // `FROM f(…)` is a function, `FROM (SELECT …)` goes on to the inner FROM.
    for (let i = found; i !== -1; i = upper.indexOf(keyword, i + 1)) {
      const name = skip(tokens, upper, i + 1, NOISE);
      if (isName(tokens[name]) && (verb === 'INSERT' || tokens[name + 1] !== '('))
        return named(verb, tokens, upper, name, schema);
    }
    return verb;
  }
  // `TABLE x` is short for `SELECT * FROM x`.
  return DIRECT.has(verb)
    ? named(verb === 'TABLE' ? 'SELECT' : verb, tokens, upper, skip(tokens, upper, inner + 1, NOISE), schema)
    : verb;
};

const named = (
  command: string,
  tokens: readonly string[],
  upper: readonly string[],
  at: number,
  schema: string,
): string => {
  if (tokens[at] === '(') {
    const inner = upper.indexOf('FROM', at); // COPY (SELECT … FROM t) TO
    return inner === -1 || !isName(tokens[inner + 1])
      ? command
      : `${command} ${qualified(tokens[inner + 1] ?? '', schema)}`;
  }
  const name = tokens[at];
  return isName(name) ? `${command} ${qualified(name, schema)}` : command;
};

/** `CREATE TABLE public.x`; roles, databases and the like without a name, as pgaudit has them. */
const definition = (
  verb: string,
  tokens: readonly string[],
  upper: readonly string[],
  at: number,
  schema: string,
): string => {
  const kindAt = skip(tokens, upper, at + 1, NOISE_BEFORE_KIND);
  const word = upper[kindAt] ?? '';
  if (!/^[A-Z]{2,16}$/.test(word)) return verb;
  const kind =
    word === 'USER'
      ? 'ROLE'
      : upper[kindAt - 1] === 'MATERIALIZED' || upper[kindAt - 1] === 'FOREIGN'
        ? `${upper[kindAt - 1]} ${word}`
        : word;
  const command = `${verb} ${kind}`;
  return IN_SCHEMA.has(word) ? named(command, tokens, upper, skip(tokens, upper, kindAt + 1, NOISE), schema) : command;
};
