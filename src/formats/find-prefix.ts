/** What people call the parts of a prefix: `user=`, `db=`, `client=`. */
const LABELS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    u: 'user username usr role dbuser u',
    d: 'db database dbname datname d',
    a: 'app application application_name appname a',
    r: 'client host remote remote_host client_addr addr ip h r',
    c: 'session session_id sess sid c',
    p: 'pid process proc p',
    l: 'line lineno l',
    e: 'state sqlstate sql_state code e',
    x: 'xid txid tx trx x',
    v: 'vxid v',
    i: 'cmd command tag i',
    Q: 'query_id queryid qid',
    b: 'backend backend_type b',
  }).flatMap(([code, names]) => names.split(' ').map((name) => [name, code])),
);

const ZONE = '(?:[A-Za-z]{1,10}|[+-]\\d\\d(?::?\\d\\d){0,2})';
const SECONDS = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d';
const NAME = '(?:\\[[^\\s\\[\\]@]{1,16}\\]|[^\\s@,;|:=()\\[\\]<>/"\']{1,63})';

/** What stands for itself in a prefix, by its form; the first that fits. */
const FORMS: readonly (readonly [code: string, form: RegExp])[] = [
  ['m', new RegExp(`^${SECONDS}\\.\\d{3} ${ZONE}`)],
  ['t', new RegExp(`^${SECONDS} ${ZONE}`)],
  ['n', /^\d{10}\.\d{3}(?![\da-f])/],
  ['c', /^[0-9a-f]{8}\.[0-9a-f]{1,8}(?![\w.])/],
  ['r', /^(?:\[local\]|(?:[\da-fA-F.:]{2,45}|[A-Za-z][\w.-]{0,99})\(\d{1,5}\))/],
  ['h', /^(?:\d{1,3}(?:\.\d{1,3}){3}|(?=[\da-f:]*::|(?:[\da-f]{1,4}:){7})[\da-f:]{3,45})(?![\w.])/i],
  ['v', /^-?\d{1,10}\/\d{1,20}(?![\w.])/],
  ['e', /^(?:00000|42501|(?=\d{0,4}[A-Z])[\dA-Z]{5})(?!\w)/],
  ['l', /^\d{1,19}(?=-1)/],
  ['p', /^\d{1,10}(?![\w.])/],
];
const formOf = (rest: string): readonly [text: string, code: string | undefined] => {
  for (const [code, form] of FORMS) {
    const found = form.exec(rest);
    if (found !== null) return [found[0], code];
  }
  return ['', undefined];
};

/** Whose names they are is plain where they stand as an address does. */
const USER_AT_DATABASE = new RegExp(`^${NAME}(?:@[\\w.-]{1,63})?@${NAME}(?![@\\w])`);
const LABEL = /^([A-Za-z_]{1,20})(=|: ?)/;
/** What may stand behind the value of a label. */
const LABEL_BEHIND = /[\s,;|/][\s]?(?=([A-Za-z_]{1,20})(?:=|: ))/g;

/** What may hold any text, and so goes up to the next label. */
const FREE = new Set(['u', 'd', 'a', 'i', 'b']);

/** Where the value ends: before the next label, else before the punctuation that closes the prefix. */
const valueEnd = (text: string, from: number, code: string): number => {
  LABEL_BEHIND.lastIndex = from;
  for (let next = FREE.has(code) ? LABEL_BEHIND.exec(text) : null; next !== null; next = LABEL_BEHIND.exec(text))
    if (LABELS[next[1]?.toLowerCase() ?? ''] !== undefined) return next.index;
  const plain = /^(?:\[[^\s[\]]{1,16}\]|[^\s,;|\]()>]*(?:\(\d{1,5}\))?)/.exec(text.slice(from))?.[0].length ?? 0;
  return from + plain;
};

/** A name of words, and what closes the prefix. */
const NAME_AT_END = /^[\w .-]{1,63}?([\s:\])>,;|-]{1,4})$/;

/** What stands there before the application has said its name, in the server's language. */
const UNNAMED_AT_END = /^\[[^\s[\]\d]{1,16}\]([\s:>,;|-]{0,4})$/;

/** A second time is the session's start; a second number is one of the many that count. */
const AGAIN: Readonly<Record<string, string>> = { m: 's', t: 's', p: 'l', l: 'x' };
/** Two of these leave open which is meant. */
const ONCE = new Set(['u', 'd', 'a', 'c', 'p', 'r', 'h', 'e']);

/**
 * The `log_line_prefix` that a line was written with, worked out from the prefix of one line; undefined where the line does not say
 * which part is what. Whose name `billing shop` begins with, nothing says: only labels, and `user@database`, do.
 */
export const findPrefix = (text: string): string | undefined => {
  let found = '';
  let last = '';
  let behindLast = 0;
  const seen = new Set<string>();
  const add = (code: string): boolean => {
    const own = seen.has(code) && AGAIN[code] !== undefined ? AGAIN[code] : code;
    if (seen.has(own) && ONCE.has(own)) return false;
    seen.add(own);
    found += `%${own}`;
    last = own;
    behindLast = found.length;
    return true;
  };
  /** What is left is, or goes on with, the application's name, which identifies nobody: it may have any words. */
  const endWithName = (rest: string): string | undefined => {
    const closing = NAME_AT_END.exec(rest)?.[1];
    if (closing === undefined) return undefined;
    if (last === 'a') return found.slice(0, behindLast) + closing;
    return seen.has('u') && !seen.has('a') ? `${found}%a${closing}` : undefined;
  };
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const isWordStart = at === 0 || !/\w/.test(text.charAt(at - 1));
    const [label = '', name = ''] = (isWordStart && LABEL.exec(rest)) || [];
    const labelled = LABELS[name.toLowerCase()];
    const [form, code] = isWordStart && label === '' ? formOf(rest) : ['', undefined];
    const pair = isWordStart && label === '' && code === undefined ? USER_AT_DATABASE.exec(rest)?.[0] : undefined;
    if (labelled !== undefined) {
      const end = valueEnd(text, at + label.length, labelled);
      const hasPort = text.slice(at, end).includes('(');
      found += label;
      if (!add(labelled === 'r' && !hasPort ? 'h' : labelled)) return undefined;
      at = end;
    } else if (code !== undefined) {
      if (!add(code)) return undefined;
      at += form.length;
    } else if (pair !== undefined) {
      if (!add('u')) return undefined;
      found += '@';
      if (!add('d')) return undefined;
      at += pair.length;
    } else if (label !== '') {
      found += label;
      at += label.length;
    } else {
      const char = rest.charAt(0);
      const unnamed = char === '[' ? UNNAMED_AT_END.exec(rest) : null;
      if (unnamed !== null && seen.has('u') && !seen.has('a')) return `${found}%a${unnamed[1]}`;
      if (/[\p{L}\p{N}%]/u.test(char)) return endWithName(rest);
      found += char;
      at++;
    }
  }
  return seen.has('m') || seen.has('t') || seen.has('n') ? found : undefined;
};
