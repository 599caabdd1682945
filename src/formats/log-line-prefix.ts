/**
 * A `log_line_prefix` (PostgreSQL manual, 20.8.3) made ready to read lines with.
 *
 * Of its parts three are free text: user and database as the start-up packet has them, with any characters, before anybody is
 * authenticated, and the application name, of printable ASCII (or `[unknown]` in the server's language), at any time. Everything else has a form that only the server gives it.
 */

/** NAMEDATALEN - 1: the longest name, in bytes, that PostgreSQL keeps. */
export const MAX_NAME = 63;

const ZONE = '(?:[A-Za-z]{1,10}|[+-]\\d\\d(?::?\\d\\d){0,2})';
const SECONDS = `\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d`;
const HOST = '\\[local\\]|[^\\s,\\[\\]()]{0,255}(?:\\(\\d{1,5}\\))?';

/** What each escape may be, but for names. */
const FORMS: Readonly<Record<string, string>> = {
  t: `${SECONDS} ${ZONE}`,
  m: `${SECONDS}\\.\\d{3} ${ZONE}`,
  n: '\\d{9,11}\\.\\d{3}',
  s: `${SECONDS} ${ZONE}`,
  p: '\\d{1,10}',
  P: '\\d{0,10}',
  r: HOST,
  h: HOST,
  L: HOST,
  c: '[0-9a-f]{1,16}\\.[0-9a-f]{1,8}',
  l: '\\d{1,19}',
  v: '(?:-?\\d{1,10}/\\d{1,20})?',
  x: '\\d{1,20}',
  e: '[0-9A-Z]{5}',
  Q: '-?\\d{1,20}',
  i: '[^\\n]{0,64}?',
  b: '[^\\n]{0,96}?',
};
const NAMES = new Set(['u', 'd', 'a']);
/** What is read out of a prefix. */
const READ = new Set(['t', 'm', 'n', 'p', 'u', 'd', 'a', 'r', 'h', 'c', 'e']);

/** Where lines without a session end, as if there were no more. */
const STOP = 'q';
/** An escape with its padding, or one literal character. */
const PART = /%(-?\d{0,3})([A-Za-z%])|([\s\S])/gu;

interface Part {
  readonly code: string | undefined;
  readonly source: string;
}

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

const inClass = (char: string): string => (/[\\\]^-]/.test(char) ? `\\${char}` : char);

/**
 * A name goes up to the text that stands behind it; where that is one character and other names follow, up to the first of it, so that there
 * are few ways to read a prefix. Before an `@` a user's name may be an address. Of all of them only the application name can hold what
 * the owner of a session chose, so the others get as little as possible.
 */
const nameSource = (code: string, behind: string, isLast: boolean): string => {
  if (code === 'a') return `(?:[ -~\\ufffd]{0,${MAX_NAME}}|\\[[^\\s[\\]]{1,16}\\])`;
  if (behind === '@' && code === 'u') return `[^]{0,${MAX_NAME}}`;
  return behind.length === 1 && !isLast ? `[^${inClass(behind)}]{0,${MAX_NAME}}` : `[^]{0,${MAX_NAME}}?`;
};

const partsOf = (text: string): Part[] =>
  [...text.matchAll(PART)].flatMap(({ 0: whole, 1: padding, 2: code, 3: char, index }): Part[] => {
    if (char !== undefined) return [{ code: undefined, source: literal(char) }];
    if (code === '%') return [{ code: undefined, source: '%' }];
    if (code === undefined) return [];
    if (code === STOP) return [{ code, source: '' }];
    const rest = text.slice(index + whole.length);
    const behind = rest.slice(0, Math.max(0, `${rest}%`.indexOf('%')));
    const form = NAMES.has(code) ? nameSource(code, behind, !/%-?\d*[uda]/.test(rest)) : FORMS[code];
    if (form === undefined) return [];
    const group = READ.has(code) ? `(?<${code}>${form})` : `(?:${form})`;
    return [{ code, source: padding === '' ? group : ` *${group} *` }];
  });

/** Only the first of an escape that comes twice is read. */
const joined = (parts: readonly Part[]): string => {
  const seen = new Set<string>();
  return parts
    .map(({ code = '', source }) => {
      const isAgain = seen.has(code);
      seen.add(code);
      return isAgain ? source.replace(`(?<${code}>`, '(?:') : source;
    })
    .join('');
};

/** The escapes' values, by their letter. */
export type PrefixValues = Readonly<
  Partial<Record<'t' | 'm' | 'n' | 'p' | 'u' | 'd' | 'a' | 'r' | 'h' | 'c' | 'e', string>>
>;

export interface LogLinePrefix {
  /** As in postgresql.conf. */
  readonly text: string;
  /** Whether it says whose a line is. */
  readonly namesUser: boolean;
  /** Whether it has the id of the session, which no other has. */
  readonly namesSession: boolean;
  /** Whether that stands behind all names. */
  readonly endsInSession: boolean;
  /** The values of a line's prefix that ends where the text ends; undefined where it does not fit. */
  read(prefix: string): PrefixValues | undefined;
  /** The same of a line without a session: of the server itself, where the prefix has `%q`. */
  readServer(prefix: string): PrefixValues | undefined;
  /** What stands before the first name, where the line begins so. */
  readHead(line: string): { readonly values: PrefixValues; readonly end: number } | undefined;
  /** Sessions behind the last name where that name may end in the text: `end` are the words behind. */
  sessionsEndingIn(text: string, ends: readonly number[]): string[];
}

export const logLinePrefix = (text: string): LogLinePrefix => {
  const parts = partsOf(text);
  const codes = parts.map(({ code }) => code);
  const isName = ({ code }: Part): boolean => code !== undefined && NAMES.has(code);
  const stop = codes.indexOf(STOP);
  const firstName = parts.findIndex(isName);
  const tail = parts.slice(parts.findLastIndex(isName) + 1);
  const whole = new RegExp(`^${joined(parts)}$`, 'u');
  const server = stop === -1 ? undefined : new RegExp(`^${joined(parts.slice(0, stop))}$`, 'u');
  const head = firstName === -1 ? undefined : new RegExp(`^${joined(parts.slice(0, firstName))}`, 'u');
  const ending = tail.some(({ code }) => code === 'c') ? new RegExp(`${joined(tail)}$`, 'u') : undefined;
  return {
    text,
    namesUser: codes.includes('u'),
    namesSession: codes.includes('c'),
    endsInSession: ending !== undefined,
    read: (prefix) => whole.exec(prefix)?.groups,
    readServer: (prefix) => server?.exec(prefix)?.groups,
    readHead(line) {
      const found = head?.exec(line);
      return found == null ? undefined : { values: found.groups ?? {}, end: found[0].length };
    },
    sessionsEndingIn: (rest, ends) =>
      ending === undefined ? [] : ends.flatMap((end) => ending.exec(rest.slice(0, end))?.groups?.['c'] ?? []),
  };
};

/** What is wrong with a `log_line_prefix`, and what to write instead; undefined where it can be read. */
export const logLinePrefixProblem = (text: string): string | undefined => {
  const codes = [...text.matchAll(PART)].flatMap(([, , code]) => code ?? []);
  const unknown = codes.find((one) => one !== '%' && one !== STOP && !NAMES.has(one) && FORMS[one] === undefined);
  if (unknown !== undefined) return `%${unknown} is no part of log_line_prefix; see the PostgreSQL manual, 20.8.3`;
  if (!codes.some((one) => one === 't' || one === 'm' || one === 'n')) return 'has no time; add %m';
  if (!codes.includes('u')) return 'does not say whose a line is; add %u';
  return undefined;
};
