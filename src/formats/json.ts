import type { Unusable } from './format.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const INVALID: Unusable = { unusable: 'invalid-json', detail: 'The record is not valid JSON.' };
const NO_OBJECT: Unusable = { unusable: 'not-an-object', detail: 'The record is JSON, but not an object.' };

/** The JSON object in `bytes[start, end)`, or why there is none. `__proto__` becomes an ordinary own property. */
export const readJson = (bytes: Buffer, start: number, end: number): JsonObject | Unusable => {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8', start, end));
    return isObject(value) ? value : NO_OBJECT;
  } catch {
    // A SyntaxError (or RangeError for absurd nesting) says nothing that may be repeated: its message quotes the record.
    return INVALID;
  }
};

/** Whether `readJson` failed; a record's own `unusable` key can't forge it. */
export const isFailure = (value: JsonObject | Unusable): value is Unusable => value === INVALID || value === NO_OBJECT;

/** How many of the lines are JSON objects that satisfy `fits`, as a fraction of the lines that are not blank. */
export const fractionOfObjects = (lines: readonly string[], fits: (record: JsonObject) => boolean): number =>
  fractionOf(lines, (line) => {
    if (!line.startsWith('{')) return false;
    try {
      const value: unknown = JSON.parse(line);
      return isObject(value) && fits(value);
    } catch {
      return false; // Not JSON: simply not a line of this format.
    }
  });

/** The fraction of the lines that are not blank and satisfy `fits`; 0 without any. */
export const fractionOf = (lines: readonly string[], fits: (line: string) => boolean): number => {
  const filled = lines.filter((line) => line.trim() !== '');
  return filled.length === 0 ? 0 : filled.filter(fits).length / filled.length;
};
