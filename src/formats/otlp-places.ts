const [QUOTE, COLON, BACKSLASH] = [34, 58, 92];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];

export interface Place {
  readonly start: number;
  readonly end: number;
}

/** What one resource says of itself, and its records; either may come first. */
export interface ResourcePlaces {
  readonly resource: Place | undefined;
  readonly records: readonly Place[];
}

const GROUPS = new Set(['resourceSpans', 'resourceLogs']);
const SCOPES = new Set(['scopeSpans', 'scopeLogs']);
const RECORDS = new Set(['spans', 'logRecords']);
const MAX_DEPTH = 512;
/** Longer keys are none of those. */
const MAX_KEY = 16;

/**
 * Where resources and records stand in `{"resourceSpans":[{"resource":…,"scopeSpans":[{"spans":[…]}]}]}`, or in one of its elements. Looks at the
 * structure only, once through the bytes; nothing where they are of another structure.
 */
export const otlpPlaces = (bytes: Buffer, start: number, end: number): readonly ResourcePlaces[] => {
  const groups: { resource: Place | undefined; records: Place[] }[] = [];
  /** Of each object and array that is open: the key under which it stands (of an element, that of its array), and where it begins. */
  const keys: string[] = [];
  const starts: number[] = [];
  let key = '';
  let text: Place | undefined;
  /** Depth of a group: the record itself, or an element of its array. */
  let base = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      const closing = endOfText(bytes, at + 1, end);
      text = { start: at + 1, end: closing };
      at = closing;
    } else if (byte === COLON && text !== undefined) {
      key = text.end - text.start <= MAX_KEY ? bytes.toString('latin1', text.start, text.end) : '';
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      if (keys.length >= MAX_DEPTH) return [];
      const isElement = starts.length > 0 && bytes[starts.at(-1) ?? 0] === OPEN_LIST;
      if (keys.length === 0) key = '';
      keys.push(isElement ? (keys.at(-1) ?? '') : key);
      starts.push(at);
      if (byte === OPEN_OBJECT && (keys.length === 1 || (keys.length === 3 && GROUPS.has(keys[1] ?? '')))) {
        base = keys.length;
        groups.push({ resource: undefined, records: [] });
      }
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      const from = starts.pop();
      const depth = keys.length - base;
      const own = keys.pop() ?? '';
      const group = groups.at(-1);
      if (from === undefined || group === undefined || byte === CLOSE_LIST) continue;
      if (depth === 1 && own === 'resource') group.resource = { start: from, end: at + 1 };
      if (depth === 4 && RECORDS.has(own) && SCOPES.has(keys[base] ?? ''))
        group.records.push({ start: from, end: at + 1 });
      if (keys.length < base) base = 1;
    }
  }
  return keys.length === 0 ? groups : [];
};

/** Where the quote stands that ends a text, or the end of the bytes. */
const endOfText = (bytes: Buffer, from: number, end: number): number => {
  for (let at = from; at < end; at++) {
    if (bytes[at] === BACKSLASH) at++;
    else if (bytes[at] === QUOTE) return at;
  }
  return end;
};
