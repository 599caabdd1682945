/**
 * Text that is nearly JSON, as JSON: what a log's format makes of values that its author thought of as JSON. Undone are `\xHH` and other
 * escapes that only nginx (without `escape=json`) and Apache write, control characters within a text, and numbers that are none: `-`,
 * nothing, `009`, `0.004, 0.010`. Undefined where the text is no object of that kind. Linear in the text.
 */
export const repairJson = (text: string): string | undefined => {
  let out = '';
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '"') {
      const end = endOfText(text, at);
      if (end === -1) return undefined;
      out += repairedText(text.slice(at, end));
      at = end;
    } else if (char === ':') {
      const value = bareValue(text, at + 1);
      out += `:${value.json}`;
      at = value.end;
    } else {
      out += char;
      at++;
    }
  }
  return out;
};

/** Behind the quote that ends the text which begins at `opening`; -1 without one. */
const endOfText = (text: string, opening: number): number => {
  for (let at = opening + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) at++;
    else if (code === 34) return at + 1;
  }
  return -1;
};

const ESCAPE = /(?:\\x[0-9A-Fa-f]{2})+|\\(?!["\\/bfnrtu])|\\u(?![0-9A-Fa-f]{4})|\p{Cc}/gu;

/** A quoted text with escapes and characters as JSON has them. Bytes that form no UTF-8 become U+FFFD. */
const repairedText = (quoted: string): string => {
  // `\\x41` is a backslash and `x41`: pairs of backslashes stay what they are.
  const parts = quoted.split('\\\\');
  return parts.map((part) => part.replace(ESCAPE, inJson)).join('\\\\');
};

const inJson = (found: string): string => {
  if (found.startsWith('\\x')) return inner(Buffer.from(found.replaceAll('\\x', ''), 'hex').toString('utf8'));
  return found.startsWith('\\') ? `\\\\${found.slice(1)}` : inner(found);
};

const inner = (text: string): string => JSON.stringify(text).slice(1, -1);

const NUMBER = /^-?0*(\d[\d.]*(?:[eE][+-]?\d+)?)$/;
const WORDS: ReadonlySet<string> = new Set(['true', 'false', 'null']);

/** The value from `from` on, where it is written without quotes: up to the next key, or to the end of its object or list. */
const bareValue = (text: string, from: number): { json: string; end: number } => {
  let start = from;
  while (text.charAt(start) === ' ') start++;
  if (/["{[]/.test(text.charAt(start))) return { json: '', end: start };
  let end = start;
  while (end < text.length && !isEndOfValue(text, end)) end++;
  const written = text.slice(start, end).trim();
  return { json: WORDS.has(written) ? written : numberIn(written), end };
};

const isEndOfValue = (text: string, at: number): boolean => {
  const char = text.charAt(at);
  if (char === '}' || char === ']') return true;
  if (char !== ',') return false;
  let next = at + 1;
  while (text.charAt(next) === ' ') next++;
  return text.charAt(next) === '"';
};

/** A number as JSON has it, null where there is none, and a text where there are several. */
const numberIn = (written: string): string => {
  if (written === '' || written === '-') return 'null';
  const digits = NUMBER.exec(written)?.[1];
  const value = digits === undefined ? Number.NaN : Number(digits);
  if (!Number.isFinite(value)) return JSON.stringify(written);
  return written.startsWith('-') ? `-${value}` : String(value);
};
