import { completeJson } from './complete-json.ts';
import type { Unusable } from './format.ts';
import { hasKeyTwice } from './json-keys.ts';
import { repairJson } from './repair-json.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const INVALID: Unusable = {
  unusable: 'invalid-json',
  detail: 'The record is not valid JSON. In nginx, write log_format … escape=json.',
};
const NO_OBJECT: Unusable = { unusable: 'not-an-object', detail: 'The record is JSON, but not an object.' };

const KEY_TWICE: Unusable = {
  unusable: 'key-twice',
  detail:
    'A key stands twice in one object: a client may have written one of them. In nginx, write log_format … escape=json.',
};

/**
 * The JSON object in `bytes[start, end)`, or why there is none. `__proto__` becomes an ordinary own property. Of a record that `isCut` what
 * stands in its beginning.
 */
export const readJson = (bytes: Buffer, start: number, end: number, isCut = false): JsonObject | Unusable => {
  const written = bytes.toString('utf8', start, end);
  const text = isCut ? (completeJson(written) ?? written) : written;
  const read = objectIn(text);
  if (read !== INVALID) return read;
  const repaired = repairJson(text);
  return repaired === undefined ? INVALID : objectIn(repaired);
};

const objectIn = (text: string): JsonObject | Unusable => {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return NO_OBJECT;
    return hasKeyTwice(text, value) ? KEY_TWICE : value;
  } catch {
    // A SyntaxError (or RangeError for absurd nesting) says nothing that may be repeated: its message quotes the record.
    return INVALID;
  }
};

/** Whether `readJson` failed; a record's own `unusable` key can't forge it. */
export const isFailure = (value: JsonObject | Unusable): value is Unusable =>
  value === INVALID || value === NO_OBJECT || value === KEY_TWICE;

/** How many of the lines are JSON objects that satisfy `fits`, as a fraction of the lines that are not blank. */
export const fractionOfObjects = (lines: readonly string[], fits: (record: JsonObject) => boolean): number => {
  const records = objectsIn(lines);
  const filled = lines.filter(isFilled).length;
  return filled === 0 ? 0 : records.filter(fits).length / filled;
};

/** Every format looks at the same sample of lines: they are parsed once. A sample may have grown since. */
const parsedSamples = new WeakMap<readonly string[], { readonly lines: number; readonly records: JsonObject[] }>();

const objectsIn = (lines: readonly string[]): readonly JsonObject[] => {
  const known = parsedSamples.get(lines);
  if (known?.lines === lines.length) return known.records;
  const records = lines.flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const bytes = Buffer.from(line);
    const record = readJson(bytes, 0, bytes.length);
    return isFailure(record) ? [] : [record];
  });
  parsedSamples.set(lines, { lines: lines.length, records });
  return records;
};

const isFilled = (line: string): boolean => line.trim() !== '';

/** The fraction of the lines that are not blank and satisfy `fits`; 0 without any. */
export const fractionOf = (lines: readonly string[], fits: (line: string) => boolean): number => {
  const filled = lines.filter(isFilled);
  return filled.length === 0 ? 0 : filled.filter(fits).length / filled.length;
};
