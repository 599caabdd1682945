const [QUOTE, COMMA, COLON, BACKSLASH] = [34, 44, 58, 92];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];

/**
 * The beginning of a JSON object, ended so that it is JSON: a text that the cut went through is kept as far as it is there, any other value
 * or key is left out. Undefined where the text is no beginning of an object. Linear in the text.
 */
export const completeJson = (text: string): string | undefined => {
  if (!/^\s*\{/.test(text)) return undefined;
  const closers: string[] = [];
  /** All before it is whole, and nothing has been opened or closed since. */
  let whole = 0;
  let isKey = false;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const { end, isWhole } = endOfText(text, at);
      if (!isWhole) return `${isKey ? text.slice(0, whole) : `${text.slice(0, end)}"`}${closersOf(closers)}`;
      at = end;
      if (!isKey) whole = at;
      continue;
    }
    at++;
    if (code === OPEN_OBJECT || code === OPEN_LIST) {
      closers.push(code === OPEN_OBJECT ? '}' : ']');
      isKey = code === OPEN_OBJECT;
      whole = at;
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      closers.pop();
      isKey = false;
      whole = at;
    } else if (code === COMMA) {
      isKey = closers.at(-1) === '}';
      whole = at - 1;
    } else if (code === COLON) {
      isKey = false;
    }
  }
  return `${text.slice(0, whole)}${closersOf(closers)}`;
};

const closersOf = (closers: readonly string[]): string => closers.toReversed().join('');

/** Where the text that begins at `opening` ends, behind its quote; or where what is there of it ends, without half an escape. */
const endOfText = (text: string, opening: number): { end: number; isWhole: boolean } => {
  let at = opening + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return { end: at + 1, isWhole: true };
    const next = code === BACKSLASH ? at + escapeLength(text.charAt(at + 1)) : at + 1;
    if (next > text.length) return { end: at, isWhole: false };
    at = next;
  }
  return { end: at, isWhole: false };
};

/** Of an escape whose letter this is: nginx writes `\xHH`, too. */
const escapeLength = (letter: string): number => (letter === 'u' ? 6 : letter === 'x' ? 4 : 2);
