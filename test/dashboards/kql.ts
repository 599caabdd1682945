/**
 * The part of KQL that our dashboards use, to query DSL as Kibana's own translation does (@kbn/es-query); anything else is refused,
 * so that a panel can't be tested with another query than Kibana would run.
 *
 *   expression = term (("and" | "or") term)* | "not" term | "(" expression ")" | field ":" value | field ("<" | "<=" | ">" | ">=") value
 *   value      = "quoted" | word | "*" | "(" value ("or" value)* ")"
 */
export type Query = Readonly<Record<string, unknown>>;

export interface TranslatedKql {
  readonly query: Query;
  /** Fields that it asks about. */
  readonly fields: readonly string[];
}

type Token = { readonly kind: 'symbol' | 'word' | 'quoted'; readonly text: string };

const TOKEN = /\s*(?:([():]|[<>]=?)|"((?:[^"\\]|\\["\\])*)"|([^\s():<>"]+))/y;
const RANGES: Readonly<Record<string, string>> = { '<': 'lt', '<=': 'lte', '>': 'gt', '>=': 'gte' };
const KEYWORDS = ['and', 'or', 'not'];

function tokensOf(kql: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < kql.trimEnd().length) {
    const [, symbol, quoted, word] = TOKEN.exec(kql) ?? refuse(kql, 'a character that KQL does not know here');
    if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol });
    else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.replaceAll(/\\(.)/g, '$1') });
    else tokens.push({ kind: 'word', text: word ?? '' });
  }
  return tokens;
}

function refuse(kql: string, what: string): never {
  throw new Error(`KQL beyond what these tests translate: ${what} in ${kql}`);
}

/** @throws for what is no KQL, or beyond the part above */
export function translateKql(kql: string): TranslatedKql {
  const tokens = tokensOf(kql);
  const fields = new Set<string>();
  let at = 0;

  const isNext = (kind: Token['kind'], text: string) => tokens[at]?.kind === kind && tokens[at]?.text === text;
  const take = (kind: Token['kind'], text: string): boolean => {
    if (!isNext(kind, text)) return false;
    at++;
    return true;
  };
  const close = () => take('symbol', ')') || refuse(kql, 'no closing bracket');

  const any = (queries: readonly Query[]): Query => ({ bool: { should: queries, minimum_should_match: 1 } });

  function expression(): Query {
    const either = [both()];
    while (take('word', 'or')) either.push(both());
    return either.length === 1 && either[0] !== undefined ? either[0] : any(either);
  }

  function both(): Query {
    const all = [term()];
    while (take('word', 'and')) all.push(term());
    return all.length === 1 && all[0] !== undefined ? all[0] : { bool: { filter: all } };
  }

  function term(): Query {
    if (take('word', 'not')) return { bool: { must_not: term() } };
    if (take('symbol', '(')) {
      const inner = expression();
      close();
      return inner;
    }
    return comparison();
  }

  function comparison(): Query {
    const field = tokens[at++];
    if (field === undefined || field.kind === 'symbol' || KEYWORDS.includes(field.text)) refuse(kql, 'no field');
    if (field.text.includes('*')) refuse(kql, 'a pattern of fields');
    fields.add(field.text);
    const operator = tokens[at++];
    const range = RANGES[operator?.text ?? ''];
    if (range !== undefined) return any([{ range: { [field.text]: { [range]: literal().text } } }]);
    if (operator?.kind !== 'symbol' || operator.text !== ':') refuse(kql, 'no operator after a field');
    return equalTo(field.text);
  }

  function equalTo(field: string): Query {
    if (!take('symbol', '(')) return equals(field, literal());
    const either = [equals(field, literal())];
    while (take('word', 'or')) either.push(equals(field, literal()));
    close();
    return any(either);
  }

  function literal(): Token {
    const token = tokens[at++];
    if (token === undefined || token.kind === 'symbol' || (token.kind === 'word' && KEYWORDS.includes(token.text)))
      refuse(kql, 'no value');
    return token;
  }

  function equals(field: string, { kind, text }: Token): Query {
    if (kind === 'quoted') return any([{ match_phrase: { [field]: text } }]);
    if (text === '*') return any([{ exists: { field } }]);
    if (text.includes('*')) refuse(kql, 'a pattern');
    return any([{ match: { [field]: text === 'true' || text === 'false' ? text === 'true' : text } }]);
  }

  if (tokens.length === 0) return { query: { match_all: {} }, fields: [] };
  const query = expression();
  if (at < tokens.length) refuse(kql, `something after the end, "${tokens[at]?.text}"`);
  return { query, fields: [...fields] };
}
