import { pathProblem } from '../formats/field-path.ts';
import { isObject, type JsonObject } from '../formats/json.ts';

/** Values of a field of which there are enough to tell what it holds. */
const MOST_FIELDS = 300;
const MOST_DEPTH = 6;

/** A field of a log's records, and the values it has in a sample of them. */
export interface SampledField {
  /** As a format names it. */
  readonly path: string;
  /** Its name, lower case, words joined by `_`; with that of what it stands in where alone it says little: `actor_id`. */
  readonly name: string;
  readonly depth: number;
  readonly values: readonly string[];
}

/** The fields that hold text, numbers or booleans in at least half of the records, in their order. */
export function sampledFields(records: readonly JsonObject[]): SampledField[] {
  const found = new Map<string, SampledField & { readonly values: string[] }>();
  for (const record of records) collect(record, [], found);
  return [...found.values()].filter(({ values }) => values.length * 2 >= records.length);
}

function collect(
  value: JsonObject,
  keys: readonly string[],
  found: Map<string, SampledField & { readonly values: string[] }>,
): void {
  for (const [key, inner] of Object.entries(value)) {
    const place = [...keys, key];
    if (isObject(inner) && place.length < MOST_DEPTH) collect(inner, place, found);
    if (!['string', 'number', 'boolean'].includes(typeof inner) || inner === '' || inner === '-') continue;
    const path = place.map(quoted).join('.');
    const known = found.get(path);
    if (known !== undefined) known.values.push(String(inner));
    else if (found.size < MOST_FIELDS && pathProblem(path) === undefined)
      found.set(path, { path, name: nameOf(place), depth: place.length, values: [String(inner)] });
  }
}

const quoted = (key: string): string => (/^[^."]+$/.test(key) ? key : `"${key}"`);

const SAYS_LITTLE = /^(?:id|name|ip|code|value|address|addr)$/;

const nameOf = (place: readonly string[]): string => {
  const [key = '', around = ''] = place.toReversed().map(plain);
  return SAYS_LITTLE.test(key) && around !== '' ? `${around}_${key}` : key;
};

/** `userAgent`, `user-agent` and `User Agent` are one name. */
const plain = (key: string): string =>
  key
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
