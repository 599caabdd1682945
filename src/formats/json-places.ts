const [QUOTE, COLON, BACKSLASH] = [34, 58, 92];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];
const MAX_DEPTH = 512;
/** Longer keys are none that anybody looks for. */
const MAX_KEY = 32;

export interface Place {
  readonly start: number;
  readonly end: number;
}

/**
 * Goes once through the bytes of a JSON value, by its structure, and tells of every object at its end: `keys` of all that is open around it and
 * its own, the last; an element has the key of its array. Gives whether the value is complete.
 */
export const jsonPlaces = (
  bytes: Buffer,
  start: number,
  end: number,
  object: (keys: readonly string[], place: Place) => void,
): boolean => {
  const keys: string[] = [];
  const starts: number[] = [];
  let key = '';
  let text: Place = { start, end: start };
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      const closing = endOfText(bytes, at + 1, end);
      text = { start: at + 1, end: closing };
      at = closing;
    } else if (byte === COLON) {
      key = text.end - text.start <= MAX_KEY ? bytes.toString('latin1', text.start, text.end) : '';
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      if (keys.length >= MAX_DEPTH) return false;
      const isElement = bytes[starts.at(-1) ?? -1] === OPEN_LIST;
      keys.push(isElement ? (keys.at(-1) ?? '') : key);
      starts.push(at);
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      const from = starts.pop();
      if (from === undefined) return false;
      if (byte === CLOSE_OBJECT) object(keys, { start: from, end: at + 1 });
      keys.pop();
    }
  }
  return keys.length === 0;
};

/** Where the quote stands that ends a text, or the end of the bytes. */
const endOfText = (bytes: Buffer, from: number, end: number): number => {
  for (let at = from; at < end; at++) {
    if (bytes[at] === BACKSLASH) at++;
    else if (bytes[at] === QUOTE) return at;
  }
  return end;
};
