import type { Batches } from './custom.ts';
import { isFailure, isObject, type JsonObject, readJson } from './json.ts';
import { otlpPlaces } from './otlp-places.ts';

const MAX_DEPTH = 8;

/** The value of an attribute: `{ stringValue: … }` and so on. Whole numbers are texts as the Collector writes them, numbers as SDKs do. */
const plainValue = (any: unknown, depth = 0): unknown => {
  if (!isObject(any) || depth > MAX_DEPTH) return undefined;
  const { arrayValue, kvlistValue } = any;
  if (isObject(arrayValue) && Array.isArray(arrayValue['values']))
    return arrayValue['values'].map((one) => plainValue(one, depth + 1));
  if (isObject(kvlistValue)) return attributesOf(kvlistValue['values'], depth + 1);
  return any['stringValue'] ?? any['intValue'] ?? any['boolValue'] ?? any['doubleValue'] ?? any['bytesValue'];
};

/** A list of keys and values as an object. Of a key that stands twice the first counts. */
const attributesOf = (list: unknown, depth = 0): JsonObject => {
  if (!Array.isArray(list)) return {};
  const entries = list.flatMap((one: unknown): [string, unknown][] =>
    isObject(one) && typeof one['key'] === 'string' ? [[one['key'], plainValue(one['value'], depth)]] : [],
  );
  return Object.fromEntries(entries.toReversed());
};

/** How an event of a log is named: a field of its own, a body of nothing else, or an attribute, by age of the specification. */
const EVENT_NAME = /^[a-z][a-z0-9_]{0,31}(?:\.[a-z0-9_]{1,64}){1,7}$/;
const eventOf = ({ eventName }: JsonObject, body: unknown, attributes: JsonObject): unknown => {
  if (typeof eventName === 'string' && eventName !== '') return eventName;
  return typeof body === 'string' && EVENT_NAME.test(body) ? body : attributes['event.name'];
};

/**
 * Spans and log records of OTLP/JSON, out of what a collector or an SDK writes at a time: each with the attributes of its resource, which says
 * what agent or server wrote it, and with attributes by their names.
 */
export const otlpBatches = (): Batches => {
  let resource: JsonObject = {};
  return {
    each(bytes, start, end, record) {
      const groups = otlpPlaces(bytes, start, end);
      for (const group of groups) {
        const found = group.resource && readJson(bytes, group.resource.start, group.resource.end);
        resource = found === undefined || isFailure(found) ? {} : attributesOf(found['attributes']);
        for (const place of group.records) record(place.start, place.end);
      }
      resource = {};
      return groups.some(({ records }) => records.length > 0);
    },
    whole(record) {
      const body = plainValue(record['body']);
      const attributes = attributesOf(record['attributes']);
      const isSpan = record['spanId'] !== undefined && record['name'] !== undefined;
      return {
        ...record,
        signal: isSpan ? 'span' : 'log',
        attributes,
        resource,
        body,
        event: isSpan ? undefined : eventOf(record, body, attributes),
      };
    },
  };
};
