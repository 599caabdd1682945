import type { Batches } from './custom.ts';
import { jsonPlaces, type Place } from './json-places.ts';

/** What a hook delivers: an envelope whose `data.events` are the records. */
export const hookBatches = (): Batches => ({
  each(bytes, start, end, record) {
    const events: Place[] = [];
    const isComplete = jsonPlaces(bytes, start, end, (keys, place) => {
      if (keys.length === 4 && keys[1] === 'data' && keys[2] === 'events') events.push(place);
    });
    if (!isComplete || events.length === 0) return false;
    for (const place of events) record(place.start, place.end);
    return true;
  },
  whole: (record) => record,
});
