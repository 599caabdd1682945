/**
 * Where the value at `path` begins in a text that is known to be valid JSON: the offset of its key, or of the entry of
 * a list; for a path that leads nowhere, of the deepest part that exists. Linear, without recursion or a tree.
 */
export function jsonPosition(text: string, path: readonly PropertyKey[]): number {
  let found = skipSpace(text, 0);
  let value = found;
  for (const step of path) {
    const child = text[value] === '{' ? member(text, value, String(step)) : element(text, value, Number(step));
    if (child === undefined) break;
    found = child.found;
    value = child.value;
  }
  return found;
}

interface Child {
  /** Where the key or the entry begins. */
  readonly found: number;
  readonly value: number;
}

function member(text: string, object: number, key: string): Child | undefined {
  let at = skipSpace(text, object + 1);
  while (text[at] === '"') {
    const keyEnd = endOfString(text, at);
    const value = skipSpace(text, skipSpace(text, keyEnd) + 1);
    if (JSON.parse(text.slice(at, keyEnd)) === key) return { found: at, value };
    at = afterComma(text, endOfValue(text, value));
  }
  return undefined;
}

function element(text: string, list: number, index: number): Child | undefined {
  if (text[list] !== '[') return undefined;
  let at = skipSpace(text, list + 1);
  for (let passed = 0; text[at] !== ']' && at < text.length; passed++) {
    if (passed === index) return { found: at, value: at };
    at = afterComma(text, endOfValue(text, at));
  }
  return undefined;
}

const afterComma = (text: string, at: number): number => {
  const next = skipSpace(text, at);
  return text[next] === ',' ? skipSpace(text, next + 1) : next;
};

function endOfValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else {
      if (char === '{' || char === '[') depth++;
      else if (char === '}' || char === ']') depth--;
      at++;
    }
  } while (at < text.length && (depth > 0 || !',]} \t\r\n'.includes(text[at] ?? '')));
  return at;
}

/** Behind the closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && ' \t\r\n'.includes(text[at] ?? '')) at++;
  return at;
}
