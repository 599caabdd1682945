import { isObject, type JsonObject } from './json.ts';
import type { Language } from './named-secrets.ts';
import { type FoundSecret, MAX_SECRETS, type Redactor } from './redact.ts';
import { isHarmless, isPlaceholder, isTelling, kindOf } from './redact-rules.ts';

const MAX_LEAVES = 512;
const MAX_DEPTH = 16;
/** Names of the field that a list of headers or variables has its names in. */
const NAMES = ['name', 'Name', 'key', 'Key', 'header'];

/**
 * Every secret that stands in a record in clear, at most MAX_SECRETS: by the name of its field, or by its look. Bounded in depth and number of fields.
 * @param languages of the fields that hold SQL, by path
 */
export const leaksInRecord = (
  record: JsonObject,
  redactor: Redactor,
  languages?: ReadonlyMap<string, Language>,
): FoundSecret[] => {
  const found: FoundSecret[] = [];
  leaksInValue(record, '', '', redactor, found, languages);
  return found;
};

/** As `leaksInRecord`, for one field of a record, whatever stands there. */
export const leaksInValue = (
  value: unknown,
  name: string,
  path: string,
  redactor: Redactor,
  found: FoundSecret[],
  languages?: ReadonlyMap<string, Language>,
): void => {
  let leaves = 0;
  const text = (value: string, name: string, path: string): void => {
    if (isPlaceholder(value)) return;
    const field = /^[\w.-]{1,128}$/.test(path) ? path : 'record';
    const before = found.length;
    redactor.clean(value, field, found, languages?.get(path));
    if (found.length === before && isTelling(name) && !isHarmless(name, value))
      found.push({ kind: kindOf(name), field, fingerprint: () => redactor.fingerprint(value) });
  };
  const walk = (value: unknown, name: string, path: string, depth: number): void => {
    if (found.length >= MAX_SECRETS || leaves > MAX_LEAVES) return;
    if (typeof value === 'string') {
      leaves++;
      text(value, name, path);
      return;
    }
    if (depth >= MAX_DEPTH) return;
    if (Array.isArray(value)) for (const item of value) walk(item, name, path, depth + 1);
    else if (isObject(value)) {
      const listed = NAMES.map((key) => value[key]).find((key) => typeof key === 'string');
      for (const key of Object.keys(value)) {
        const called = typeof listed === 'string' && /^value$/i.test(key) ? listed : key;
        walk(value[key], called, path === '' ? key : `${path}.${key}`, depth + 1);
      }
    }
  };
  walk(value, name, path, 0);
};
