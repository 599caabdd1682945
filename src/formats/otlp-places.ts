import { jsonPlaces, type Place } from './json-places.ts';

/** What one resource says of itself, and its records; either may come first. */
export interface ResourcePlaces {
  readonly resource: Place | undefined;
  readonly records: readonly Place[];
}

const GROUPS = new Set(['resourceSpans', 'resourceLogs']);
const SCOPES = new Set(['scopeSpans', 'scopeLogs']);
const RECORDS = new Set(['spans', 'logRecords']);

/**
 * Where resources and records stand in `{"resourceSpans":[{"resource":…,"scopeSpans":[{"spans":[…]}]}]}`, or in one of its elements: nothing where
 * the bytes are of another structure.
 */
export const otlpPlaces = (bytes: Buffer, start: number, end: number): readonly ResourcePlaces[] => {
  const groups: ResourcePlaces[] = [];
  let resource: Place | undefined;
  let records: Place[] = [];
  const isComplete = jsonPlaces(bytes, start, end, (keys, place) => {
    // Depth of what a resource says: the value itself, or an element of its array.
    const base = GROUPS.has(keys[1] ?? '') ? 3 : 1;
    const own = keys.at(-1) ?? '';
    if (keys.length === base + 1 && own === 'resource') resource = place;
    else if (keys.length === base + 4 && RECORDS.has(own) && SCOPES.has(keys[base] ?? '')) records.push(place);
    else if (keys.length === base) {
      groups.push({ resource, records });
      resource = undefined;
      records = [];
    }
  });
  return isComplete ? groups : [];
};
