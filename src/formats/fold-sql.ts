import type { Language } from './named-secrets.ts';
import { unicodeNameAt } from './unicode-name.ts';

/**
 * SQL without anything a user put in: one pass over the text, following PostgreSQL's lexical rules
 * (manual, 4.1 "Lexical Structure", with standard_conforming_strings on), or MySQL's (reference manual, 11 "Language Structure", without ANSI_QUOTES).
 */

const MAX_STATEMENT = 512;

const isSpace = (code: number): boolean => code <= 32 || code === 127 || code === 160;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isWord = (code: number): boolean =>
  isDigit(code) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;

/** Behind a quoted text that starts at `at`: doubled quotes belong to it, and backslash pairs where it is an escape string. */
const stringEnd = (sql: string, at: number, escapes: boolean): number => {
  const quote = sql.charCodeAt(at);
  let i = at + 1;
  for (; i < sql.length; i++) {
    const code = sql.charCodeAt(i);
    if (code === 92 && escapes) i++;
    else if (code === quote) {
      if (sql.charCodeAt(i + 1) !== quote) return i + 1;
      i++;
    }
  }
  return sql.length;
};

/** Behind a comment of MySQL that starts at `at`, or -1. What stands in a `/*!` one is executed: only its marks are left out. */
const mysqlCommentEnd = (sql: string, at: number): number => {
  const mark = /#|--(?=\s|$)|\/\*!\d{0,6}|\*\/|\/\*/y;
  mark.lastIndex = at;
  const [found] = mark.exec(sql) ?? [];
  if (found === undefined || found === '*/' || found.startsWith('/*!'))
    return found === undefined ? -1 : mark.lastIndex;
  const close = found === '/*' ? '*/' : '\n';
  const end = sql.indexOf(close, mark.lastIndex);
  return end === -1 ? sql.length : end + close.length;
};

/** Behind a comment whose start is at `at` (`/*` nests), or -1 where none starts. */
const commentEnd = (sql: string, at: number): number => {
  const two = sql.slice(at, at + 2);
  if (two === '--') {
    const end = sql.indexOf('\n', at);
    return end === -1 ? sql.length : end;
  }
  if (two !== '/*') return -1;
  let depth = 1;
  for (let i = at + 2; i < sql.length - 1; i++) {
    const code = sql.charCodeAt(i);
    const next = sql.charCodeAt(i + 1);
    if (code === 47 && next === 42) {
      depth++;
      i++;
    } else if (code === 42 && next === 47) {
      i++;
      if (--depth === 0) return i + 1;
    }
  }
  return sql.length;
};

/** Behind `$1` or `$tag$ … $tag$`. A lone `$` is one character. */
const dollarEnd = (sql: string, at: number): number => {
  let i = at + 1;
  while (i < sql.length && isWord(sql.charCodeAt(i))) i++;
  if (sql.charCodeAt(i) !== 36 || isDigit(sql.charCodeAt(at + 1))) return i;
  const tag = sql.slice(at, i + 1);
  const close = sql.indexOf(tag, i + 1);
  return close === -1 ? sql.length : close + tag.length;
};

/** Behind a number that starts at `at`: digits, point, exponent with sign, hex, underscores. */
const numberEnd = (sql: string, at: number): number => {
  let i = at;
  while (i < sql.length) {
    const code = sql.charCodeAt(i);
    const sign = (code === 43 || code === 45) && /[eE]/.test(sql[i - 1] ?? '') && !/^0[xX]/.test(sql.slice(at, at + 2));
    if (!isWord(code) && code !== 46 && !sign) break;
    i++;
  }
  return i;
};

/** Prefixes that belong to the literal behind them: `E'…'`, `B'…'`, `X'…'`, `N'…'`, `U&'…'`. */
const LITERAL_PREFIX = /^(?:[ebxn]|u&)$/i;
/** MySQL's: `N'…'`, `X'…'`, `B'…'` and a character set. */
const MYSQL_PREFIX = /^(?:[bxn]|_[a-z0-9]{2,16})$/i;

/** A name in backticks as PostgreSQL has it: plain where it can be, else in double quotes. */
const plainName = (quoted: string): string => {
  const name = quoted.slice(1, -1).replaceAll('``', '`');
  return /^[A-Za-z_]\w*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
};

/**
 * The statement with every literal, number, parameter and dollar-quoted text as `?`, lists of them as one `?`, without comments,
 * in single spaces, at most `max` characters. Quoted identifiers stay; what is not closed (a cut statement) is dropped as `?`.
 */
export const foldSql = (sql: string, language: Language = 'sql', max = MAX_STATEMENT): string => {
  const isMysql = language === 'mysql';
  const prefix = isMysql ? MYSQL_PREFIX : LITERAL_PREFIX;
  let out = '';
  let space = false;
  /** Of a list of literals: whether the text ends in one, and whether a comma follows that is not written yet. */
  let list: '' | '?' | '?,' = '';
  const emit = (piece: string): void => {
    if (list === '?' && piece === ',' && !space) {
      list = '?,';
      return;
    }
    if (list === '?,') out += ',';
    if (space && out !== '') out += ' ';
    space = false;
    list = piece === '?' ? '?' : '';
    out += piece;
  };
  const emitLiteral = (): void => {
    // `IN (1, 2, 3)` and `IN (1, 2)` are one statement.
    if (list === '?,') space = false;
    else emit('?');
    list = '?';
  };
  const written = (): number => out.length + (list === '?,' ? 1 : 0);
  for (let i = 0; i < sql.length && written() < max; ) {
    const code = sql.charCodeAt(i);
    const comment = isMysql ? mysqlCommentEnd(sql, i) : code === 45 || code === 47 ? commentEnd(sql, i) : -1;
    if (isSpace(code) || comment !== -1) {
      space = true;
      i = comment === -1 ? i + 1 : comment;
    } else if (code === 39 || (code === 34 && isMysql)) {
      emitLiteral();
      i = stringEnd(sql, i, isMysql);
    } else if (code === 96 && isMysql) {
      const end = stringEnd(sql, i, false);
      if (sql[end - 1] === '`' && end > i + 1) emit(plainName(sql.slice(i, end)));
      else emitLiteral();
      i = end;
    } else if (code === 36 && !isMysql) {
      emitLiteral();
      i = dollarEnd(sql, i);
    } else if (code === 34) {
      const end = identifierEnd(sql, i);
      if (end === -1) emitLiteral();
      else emit(sql.slice(i, end));
      i = end === -1 ? sql.length : end;
    } else if (isDigit(code) || (code === 46 && isDigit(sql.charCodeAt(i + 1)))) {
      emitLiteral();
      i = numberEnd(sql, i);
    } else if (isWord(code)) {
      const name = (code === 85 || code === 117) && !isMysql ? unicodeNameAt(sql, i) : undefined;
      const end = name?.end ?? wordEnd(sql, i);
      const ampersand = sql.startsWith("&'", end) ? 1 : 0;
      if (name !== undefined) {
        emit(name.name);
        i = end;
      } else if (sql.charCodeAt(end + ampersand) === 39 && prefix.test(sql.slice(i, end + ampersand))) {
        emitLiteral();
        i = stringEnd(sql, end + ampersand, isMysql || code === 69 || code === 101);
      } else {
        emit(sql.slice(i, end));
        i = end;
      }
    } else {
      emit(sql[i] ?? '');
      i++;
    }
  }
  if (written() > out.length) out += ',';
  return out.slice(0, max);
};

/** Behind a word: letters, digits, underscores, and `$` inside it. */
const wordEnd = (sql: string, at: number): number => {
  let i = at + 1;
  while (i < sql.length && (isWord(sql.charCodeAt(i)) || sql.charCodeAt(i) === 36)) i++;
  return i;
};

/** Behind a `"…"` identifier; -1 where it is not closed. */
const identifierEnd = (sql: string, at: number): number => {
  for (let i = sql.indexOf('"', at + 1); i !== -1; i = sql.indexOf('"', i + 2)) {
    if (sql.charCodeAt(i + 1) !== 34) return i + 1;
  }
  return -1;
};
