import { isObject, type JsonObject } from './json.ts';
import type { FoundSecret, Redactor } from './redact.ts';
import { isPlaceholder, isTelling, kindOf } from './redact-rules.ts';

const MAX_LEAVES = 512;
const MAX_DEPTH = 16;

/** Every secret that stands in a record in clear: by the name of its field, or by its look. Bounded in depth and number of fields. */
export const leaksInRecord = (record: JsonObject, redactor: Redactor): FoundSecret[] => {
  const found: FoundSecret[] = [];
  let leaves = 0;
  const walk = (value: unknown, name: string, path: string, depth: number): void => {
    if (typeof value === 'string') {
      if (++leaves > MAX_LEAVES || isPlaceholder(value)) return;
      const field = /^[\w.-]{1,128}$/.test(path) ? path : 'record';
      const before = found.length;
      redactor.clean(value, field, found);
      if (isTelling(name) && found.length === before) {
        found.push({ kind: kindOf(name), field, fingerprint: redactor.fingerprint(value) });
      }
      return;
    }
    if (depth >= MAX_DEPTH || leaves > MAX_LEAVES) return;
    if (Array.isArray(value)) for (const item of value) walk(item, name, path, depth + 1);
    else if (isObject(value)) {
      for (const key of Object.keys(value)) walk(value[key], key, path === '' ? key : `${path}.${key}`, depth + 1);
    }
  };
  walk(record, '', '', 0);
  return found;
};
