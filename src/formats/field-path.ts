import { isObject, type JsonObject } from './json.ts';
import { hasKeyTwice } from './json-keys.ts';
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
/** A key, in quotes where it holds points itself. */
const KEY = /"([^"]*)"|([^."]+)/g;

const keysOf = (text: string): readonly string[] =>
  text.includes('"') ? [...text.matchAll(KEY)].map(([, quoted, plain]) => quoted ?? plain ?? '') : text.split('.');

/** Why a dotted path can't be used, or undefined where it can. */
export const pathProblem = (text: string): string | undefined => {
  if (text.includes('"') && !/^(?:"[^"]+"|[^."]+)(?:\.(?:"[^"]+"|[^."]+))*$/.test(text))
    return 'has a quote that is not closed, or not at a point; write annotations."authorization.k8s.io/decision"';
  const keys = keysOf(text);
  if (keys.length > MAX_KEYS) return `has more than ${MAX_KEYS} parts`;
  if (keys.some((key) => key === '')) return 'has an empty part; write names joined by single points';
  const refused = keys.find((key) => REFUSED.has(key));
  return refused === undefined ? undefined : `must not contain ${refused}`;
};

export const fieldPath = (text: string): FieldPath => {
  const keys = keysOf(text);
  const name = keys.findLast((key) => !/^\d+$/.test(key)) ?? '';
  return { text, keys, name, telling: isTelling(name) };
};

/** The text of JSON that was looked into last: one record has several paths into it. */
let lastText = '';
let lastValue: unknown;

/** What a string of JSON holds; undefined where it is none, or holds a key twice: a client may have written one of them. */
const inside = (text: string): unknown => {
  if (text === lastText) return lastValue;
  lastText = text;
  lastValue = undefined;
  if (/^\s{0,8}[{[]/.test(text)) {
    try {
      const value: unknown = JSON.parse(text);
      if (!isObject(value) || !hasKeyTwice(text, value)) lastValue = value;
    } catch {
      // No JSON: the path leads nowhere.
    }
  }
  return lastValue;
};

/**
 * What stands there; undefined where nothing does. Numbers index arrays, a string of JSON is looked into, and `client.ip` is also the key
 * of that name. Only the record's own keys are looked at.
 */
export const valueAt = (record: JsonObject, { keys }: FieldPath): unknown => {
  let value: unknown = record;
  for (const [at, key] of keys.entries()) {
    if (typeof value === 'string') value = inside(value);
    if (Array.isArray(value)) value = value[Number(key)];
    else if (!isObject(value)) return undefined;
    else if (Object.hasOwn(value, key)) value = value[key];
    else return at < keys.length - 1 ? flat(value, keys.slice(at)) : undefined;
  }
  return value;
};

/** Of a record whose keys hold the points themselves, wholly or in part. */
const flat = (value: JsonObject, keys: readonly string[]): unknown => {
  for (let end = keys.length; end > 1; end--) {
    const key = keys.slice(0, end).join('.');
    if (!Object.hasOwn(value, key)) continue;
    if (end === keys.length) return value[key];
    const rest = value[key];
    return isObject(rest) ? valueAt(rest, { text: '', keys: keys.slice(end), name: '', telling: false }) : undefined;
  }
  return undefined;
};

/** A text or a number as text; undefined for everything else and for `""`, `-`. */
export const textAt = (record: JsonObject, path: FieldPath): string | undefined => {
  const value = valueAt(record, path);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value !== '' && value !== '-' ? value : undefined;
};
