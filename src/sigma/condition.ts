/** A condition of Sigma, such as `selection and not 1 of filter_*`, as a tree. */
export type Condition =
  | { readonly is: 'selection'; readonly name: string }
  | { readonly is: 'not'; readonly of: Condition }
  | { readonly is: 'and' | 'or'; readonly of: readonly Condition[] };

const TOKEN = /\(|\)|\||[^\s()|]+/g;
/** Brackets within brackets. */
const MOST_DEEP = 20;

/**
 * @param names of the selections of the rule: `them` and patterns stand for those that do not begin with `_`
 * @throws Error with a sentence on what is not understood
 */
export function parseCondition(text: string, names: readonly string[]): Condition {
  const tokens = text.match(TOKEN) ?? [];
  let at = 0;
  const word = (): string => (tokens[at] ?? '').toLowerCase();

  const several = (operator: 'and' | 'or', next: (depth: number) => Condition, depth: number): Condition => {
    const all = [next(depth)];
    while (word() === operator) {
      at++;
      all.push(next(depth));
    }
    return all.length === 1 ? (all[0] as Condition) : { is: operator, of: all };
  };
  const either = (depth: number): Condition => several('or', (inner) => several('and', negated, inner), depth);
  const negated = (depth: number): Condition => {
    if (word() !== 'not') return term(depth);
    if (depth >= MOST_DEEP) throw new Error('the condition has too many brackets');
    at++;
    return { is: 'not', of: negated(depth + 1) };
  };
  const term = (depth: number): Condition => {
    const token = tokens[at++];
    if (token === undefined) throw new Error('the condition ends too early');
    if (token === '(') {
      if (depth >= MOST_DEEP) throw new Error('the condition has too many brackets');
      const inner = either(depth + 1);
      if (tokens[at++] !== ')') throw new Error('the condition lacks a ")"');
      return inner;
    }
    if (/^(?:1|any|all)$/i.test(token) && word() === 'of') {
      at++;
      return quantified(token.toLowerCase() === 'all' ? 'and' : 'or', tokens[at++] ?? '');
    }
    if (!names.includes(token)) throw new Error(`the condition names ${token}, which is no selection of the rule`);
    return { is: 'selection', name: token };
  };
  const quantified = (operator: 'and' | 'or', pattern: string): Condition => {
    const begins = pattern.endsWith('*') ? pattern.slice(0, -1) : undefined;
    const meant = names.filter((name) => {
      if (pattern.toLowerCase() === 'them') return !name.startsWith('_');
      return begins === undefined ? name === pattern : name.startsWith(begins);
    });
    if (meant.length === 0) throw new Error(`the condition names ${pattern}, which is no selection of the rule`);
    const all = meant.map((name) => ({ is: 'selection' as const, name }));
    return all.length === 1 ? (all[0] as Condition) : { is: operator, of: all };
  };

  const whole = either(0);
  if (tokens[at] === '|')
    throw new Error('a condition with "|" (count and the like) is an old form; write a correlation');
  if (at < tokens.length) throw new Error(`the condition goes on with ${tokens[at]}, which is not understood`);
  return whole;
}
