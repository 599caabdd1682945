import type { Batches } from './custom.ts';
import { isFailure, type JsonObject, readJson } from './json.ts';
import { jsonPlaces, type Place } from './json-places.ts';

/**
 * Objects with a list of `results`, all of the time that stands around the list: reports of usage. Each result is a record, and has what stands
 * around it, too.
 */
export const bucketBatches = (): Batches => {
  let around: JsonObject = {};
  return {
    each(bytes, start, end, record) {
      const results: Place[] = [];
      const isComplete = jsonPlaces(bytes, start, end, (keys, place) => {
        if (keys.length === 3 && keys[1] === 'results') results.push(place);
      });
      const bucket = isComplete && results.length > 0 ? readJson(bytes, start, end) : undefined;
      if (bucket === undefined || isFailure(bucket)) return false;
      const { results: _, ...rest } = bucket;
      around = rest;
      for (const place of results) record(place.start, place.end);
      around = {};
      return true;
    },
    whole: (record) => ({ ...around, ...record }),
  };
};
