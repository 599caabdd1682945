import type { JsonObject } from './json.ts';

const [SPACE, QUOTE, COLON, BACKSLASH] = [32, 34, 58, 92];

/**
 * Whether an object in a valid JSON text holds a key twice: `JSON.parse` keeps the last one, so somebody who can write into a value of a
 * record that is not escaped could replace what the server wrote. Counts keys in the text against those that were kept.
 * @param parsed what `JSON.parse` made of the text
 */
export const hasKeyTwice = (text: string, parsed: JsonObject): boolean => {
  const kept = keysKept(parsed);
  return mostKeys(text) !== kept && keysInText(text) !== kept;
};

/**
 * At least as many as the text has keys, and mostly just as many: colons behind a quote, also within strings. Infinite where a colon
 * follows white space, which needs the closer look.
 */
const mostKeys = (text: string): number => {
  let keys = 0;
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    const before = text.charCodeAt(at - 1);
    if (before === QUOTE) keys++;
    else if (before <= SPACE) return Number.POSITIVE_INFINITY;
  }
  return keys;
};

/** Strings that a colon follows. Linear in the text. */
const keysInText = (text: string): number => {
  let keys = 0;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at)) {
    at = endOfString(text, at);
    while (text.charCodeAt(at) <= SPACE) at++;
    if (text.charCodeAt(at) === COLON) keys++;
  }
  return keys;
};

/** Behind the closing quote of the string that begins at `opening`. */
const endOfString = (text: string, opening: number): number => {
  let at = opening;
  do {
    at = text.indexOf('"', at + 1);
    if (at === -1) return text.length;
  } while (isEscaped(text, at));
  return at + 1;
};

const isEscaped = (text: string, quote: number): boolean => {
  let at = quote - 1;
  while (text.charCodeAt(at) === BACKSLASH) at--;
  return (quote - at) % 2 === 0;
};

const keysKept = (parsed: object): number => {
  let keys = 0;
  const waiting: object[] = [parsed];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    const isList = Array.isArray(value);
    for (const key in value) {
      if (!isList) keys++;
      const inner = (value as JsonObject)[key];
      if (typeof inner === 'object' && inner !== null) waiting.push(inner);
    }
  }
  return keys;
};
