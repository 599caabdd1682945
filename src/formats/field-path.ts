import { isObject, type JsonObject } from './json.ts';
import { isTelling } from './redact-rules.ts';

/** A place in a JSON record, such as `request.headers.X-Api-Key.0`. */
export interface FieldPath {
  readonly text: string;
  readonly keys: readonly string[];
  /** Its last part that is no array index. */
  readonly name: string;
  /** Whether the name says that a secret stands there. */
  readonly telling: boolean;
}

/** Keys that lead out of the record into the language. */
const REFUSED = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_KEYS = 16;

/** Why a dotted path can't be used, or undefined where it can. */
export const pathProblem = (text: string): string | undefined => {
  const keys = text.split('.');
  if (keys.length > MAX_KEYS) return `has more than ${MAX_KEYS} parts`;
  if (keys.some((key) => key === '')) return 'has an empty part; write names joined by single points';
  const refused = keys.find((key) => REFUSED.has(key));
  return refused === undefined ? undefined : `must not contain ${refused}`;
};

export const fieldPath = (text: string): FieldPath => {
  const keys = text.split('.');
  const name = keys.findLast((key) => !/^\d+$/.test(key)) ?? '';
  return { text, keys, name, telling: isTelling(name) };
};

/** What stands there; undefined where nothing does. Numbers index arrays. Only the record's own keys are looked at. */
export const valueAt = (record: JsonObject, path: FieldPath): unknown => {
  let value: unknown = record;
  for (const key of path.keys) {
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
};

/** A text or a number as text; undefined for everything else and for `""`, `-`. */
export const textAt = (record: JsonObject, path: FieldPath): string | undefined => {
  const value = valueAt(record, path);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value !== '' && value !== '-' ? value : undefined;
};
