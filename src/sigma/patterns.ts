import { MAX_PATTERN } from '../attribution/glob.ts';

/** Texts that a field must be like: globs of which one is enough, or all of them are asked for. */
export interface Patterns {
  readonly globs: readonly string[];
  readonly all: boolean;
}

/** Modifiers that say where in the text a value stands. */
const PLACES: Readonly<Record<string, (value: string) => string>> = {
  contains: (value) => `*${value}*`,
  startswith: (value) => `${value}*`,
  endswith: (value) => `*${value}`,
};
const KNOWN = new Set([...Object.keys(PLACES), 'all', 're', 'cased']);

/**
 * Globs for values with these modifiers.
 * @throws Error with a sentence on what a glob can't say
 */
export function patternsOf(values: readonly unknown[], modifiers: readonly string[]): Patterns {
  const unknown = modifiers.find((modifier) => !KNOWN.has(modifier));
  if (unknown !== undefined) throw new Error(`the modifier ${unknown} can't be said`);
  const place = modifiers.map((modifier) => PLACES[modifier]).find((one) => one !== undefined) ?? ((value) => value);
  const isRegex = modifiers.includes('re');
  const globs = values.flatMap((value) => {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      throw new Error('a value that is missing (null) or no text can’t be said');
    return isRegex ? globsOfRegex(String(value)) : [place(globOf(String(value)))];
  });
  const long = globs.find((glob) => glob.length > MAX_PATTERN);
  if (long !== undefined) throw new Error(`a value is longer than ${MAX_PATTERN} characters`);
  return { globs: globs.map((glob) => glob.replaceAll(/\*{2,}/g, '*')), all: modifiers.includes('all') };
}

/** Sigma's `?` and escaped wildcards have no counterpart; every other `\` stands for itself. */
const globOf = (value: string): string => {
  if (/\\[*?]/.test(value)) throw new Error(`"${value}" has an escaped wildcard, which can't be said`);
  if (value.includes('?')) throw new Error(`"${value}" has a "?" for any character, which can't be said`);
  return value.replaceAll('\\\\', '\\');
};

const ESCAPED = /\\([^\dA-Za-z])/y;
const LITERAL = /[\w /:@=,;&%#"'<>~`!-]/y;

/** A regular expression of plain characters, `.*`, `^`, `$` and one level of `(a|b)`; anything else is refused. */
function globsOfRegex(written: string): string[] {
  const refuse = (): never => {
    throw new Error(`the regular expression ${written} is more than plain text, .* and (a|b)`);
  };
  const isStart = written.startsWith('^');
  const isEnd = /(?<!\\)\$$/.test(written);
  const body = written.slice(isStart ? 1 : 0, isEnd ? -1 : undefined);
  let globs = [isStart ? '' : '*'];
  for (let at = 0; at < body.length; ) {
    const group = /\((?:\?:)?([^()[\]{}*+?^$\\.]+)\)/y;
    group.lastIndex = at;
    const alternatives = group.exec(body);
    if (alternatives !== null) {
      const each = (alternatives[1] ?? '').split('|');
      globs = globs.flatMap((glob) => each.map((one) => glob + one));
      if (globs.length > 50) refuse();
      at = group.lastIndex;
      continue;
    }
    ESCAPED.lastIndex = at;
    LITERAL.lastIndex = at;
    const escaped = ESCAPED.exec(body);
    const literal = escaped === null ? LITERAL.exec(body) : null;
    let piece = escaped?.[1] ?? literal?.[0];
    let length = escaped?.[0].length ?? 1;
    if (body.startsWith('.*', at)) [piece, length] = ['*', 2];
    if (piece === undefined || (escaped !== null && /[*?]/.test(piece)) || /^[*+?{]/.test(body.slice(at + length)))
      return refuse();
    globs = globs.map((glob) => glob + piece);
    at += length;
  }
  return globs.map((glob) => (isEnd ? glob : `${glob}*`));
}
