import { findCookies } from './cookies.ts';
import type { Spans } from './found-span.ts';
import { isCookie, isHarmless, isTelling, kindOf } from './redact-rules.ts';

/** The language of a text: in SQL a bare word is a column, and in PostgreSQL's what stands in double quotes, too. */
export type Language = 'sql' | 'mysql';

/** What divides a name from its value; `=>` in Ruby and Perl. */
const DIVIDER = /(=>|[=:]|%3[Aa]|%3[Dd])\s{0,3}(?:\[\s{0,3})?/g;

/**
 * The name before it: `name=`, `name: `, `"name":"`, `"name":["`, `user[name]=`, the same inside a JSON string or a field of CSV, and percent-encoded.
 * Looked for backwards from a divider: words without one are most of a text.
 */
const NAME = /([A-Za-z_][\w.-]{1,47})(?:\\{0,7}["']{1,2}|%22|\]?(?:\[\d{0,3}\])?|(?:%5[Bb])?%5[Dd])?\s{0,3}$/;
/** As much as a name with its closing may be long. */
const BEFORE = 68;

/** Its value, by quoting: 1 in a string inside a string, or in a field of CSV, 2 and 3 quoted, 4 bare. */
const VALUE =
  /(?:(?:bearer|basic|apikey|token)(?:\s|%20|\+){1,3})?(?:(?:(?:[\\"]{3,}|"")(?=[^\s",:;}\])\\])|\\+")([^"]*)|"((?:[^"\\]|\\[\s\S])*)|'((?:[^'\\]|\\[\s\S])*)|([^\s&"'<>]+))/iy;

const SCHEME_BEFORE = /^(?:bearer|basic|apikey|token)(?:\s|%20|\+){1,3}/i;

/** Finds the values of telling names; a value that is no secret is searched itself (`url=https://…?token=x`). */
export const findNamed = (text: string, spans: Spans, language: Language | undefined): void => {
  const literals = new Literals(text);
  let cookiesEnd = 0;
  DIVIDER.lastIndex = 0;
  for (let match = DIVIDER.exec(text); match !== null; match = DIVIDER.exec(text)) {
    const [, divider] = match;
    const [, name = ''] = NAME.exec(text.slice(Math.max(0, match.index - BEFORE), match.index)) ?? [];
    if (name === '' || !isTelling(name)) continue;
    if (isCookie(name)) {
      if (DIVIDER.lastIndex >= cookiesEnd) cookiesEnd = findCookies(text, DIVIDER.lastIndex, spans);
      if (spans.isFull) return;
      continue;
    }
    VALUE.lastIndex = DIVIDER.lastIndex;
    const found = VALUE.exec(text);
    if (found === null) continue;
    const [all, nested, double, single, bare] = found;
    // In SQL a bare word is a column, unless it stands in a literal: `dblink('password=x')`.
    const isColumn = bare !== undefined || (language === 'sql' && double !== undefined && divider === '=');
    if (language !== undefined && isColumn && !literals.isInside(match.index)) continue;
    // The backslash belongs to the closing quote of a string inside a JSON string.
    const group = nested ?? double ?? single ?? bare ?? '';
    const raw = group.replace(/\\+$/, '');
    const whole = raw.replace(SCHEME_BEFORE, '');
    const value = bare === undefined ? whole : withoutRest(whole, name);
    if (isHarmless(name, value)) continue;
    const start = found.index + all.length - group.length + raw.length - whole.length;
    if (!spans.add(kindOf(name), start, value)) return;
    DIVIDER.lastIndex = start + value.length;
  }
};

/** Which places of a statement are inside a literal, asked for in order. */
class Literals {
  readonly #text: string;
  #at = 0;
  #isInside = false;

  constructor(text: string) {
    this.#text = text;
  }

  isInside(place: number): boolean {
    for (let quote = this.#text.indexOf("'", this.#at); quote !== -1 && quote < place; ) {
      this.#isInside = !this.#isInside;
      this.#at = quote + 1;
      quote = this.#text.indexOf("'", this.#at);
    }
    return this.#isInside;
  }
}

/** A bare value without what follows it in a list, `;` of a connection string or `?` of an address, and without closing brackets around it. */
const withoutRest = (value: string, name: string): string => {
  const next = value.search(/[;,](?=[A-Za-z_][\w.-]{0,40}[=:])/);
  const own = next === -1 ? value : value.slice(0, next);
  const alone = /sess/i.test(name) ? own.replace(/[?#;,][\s\S]*$/, '') : own;
  return /[([{]/.test(alone) ? alone : alone.replace(/[)\]},;]{1,8}$/, '');
};
