import { isObject, type JsonObject } from './json.ts';
import { hasKeyTwice } from './json-keys.ts';

/** Wrappers within each other that are undone. */
export const MAX_WRAPPERS = 6;

/** How a shipper wraps a record: where it stands, and every key that such a wrapper may have beside it. */
interface Wrapper {
  /** The field that holds it: an object, or JSON in a string. */
  readonly field: string;
  /** Keys that must be there. */
  readonly needs?: readonly string[];
  /** Keys that may be there; anything else, and it is no wrapper. */
  readonly beside: RegExp;
}

/** Elastic's shippers, Logstash, Vector and what an agent adds to say where a line came from. */
const SHIPPER =
  /^(?:@timestamp|@version|@metadata|timestamp|time|date|host|hostname|agent|ecs|log|input|fileset|event|tags|stream|service|cloud|container|kubernetes|docker|fields|type|path|file|filename|port|offset|prospector|beat|source|source_type|sourcetype|labels|pod|containerID|orchestrator|data_stream|process|elastic_agent|tag|_p|logtag|attrs|container_id|container_name|partial_message|partial_id|partial_ordinal|partial_last|level|severity|id|ingestionTime|logStreamName|eventId|extractedFields)$/;

const WRAPPERS: readonly Wrapper[] = [
  { field: 'message', beside: SHIPPER },
  { field: 'log', beside: SHIPPER },
  { field: 'MESSAGE', needs: ['__REALTIME_TIMESTAMP'], beside: /^[A-Z0-9_]{1,64}$/ },
  {
    field: 'jsonPayload',
    needs: ['logName'],
    beside:
      /^(?:insertId|logName|timestamp|receiveTimestamp|resource|severity|labels|trace|spanId|traceSampled|httpRequest|operation|sourceLocation|errorGroups)$/,
  },
  {
    field: 'detail',
    needs: ['detail-type', 'source'],
    beside: /^(?:version|id|detail-type|source|account|time|region|resources|replay-name)$/,
  },
  { field: 'data', needs: ['specversion', 'type', 'source'], beside: /^[a-z][a-z0-9]{0,31}$/ },
  {
    field: 'properties',
    needs: ['category'],
    beside:
      /^(?:time|timeGenerated|resourceId|operationName|operationVersion|category|resultType|resultSignature|resultDescription|durationMs|callerIpAddress|correlationId|identity|level|Level|location|tenantId|ccpNamespace|Cloud|Environment|UnderlayClass|UnderlayName)$/,
  },
  { field: 'event', needs: ['sourcetype'], beside: /^(?:time|host|source|sourcetype|index|fields)$/ },
  { field: 'event', needs: ['source'], beside: /^(?:time|host|source|index|fields)$/ },
  {
    field: 'CloudTrailEvent',
    beside: /^(?:EventId|EventName|ReadOnly|AccessKeyId|EventTime|EventSource|Username|Resources)$/,
  },
  { field: 'payload', needs: ['schema'], beside: /^schema$/ },
  // A hit of a search in Elasticsearch.
  {
    field: '_source',
    needs: ['_index'],
    beside: /^(?:_id|_index|_score|_type|_version|_seq_no|_primary_term|_ignored|_routing|fields|sort)$/,
  },
];

/** The JSON object in a text; undefined where there is none, or a key stands twice: a client may have written one of them. */
export const objectIn = (text: string): JsonObject | undefined => {
  if (!/^\s{0,8}\{/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && !hasKeyTwice(text, value) ? value : undefined;
  } catch {
    return undefined; // Text that only begins like JSON.
  }
};

/** journald writes a text that is no UTF-8, or holds control characters, as a list of its bytes: a client can bring that about. */
const textOfBytes = (value: unknown): unknown =>
  Array.isArray(value) && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256)
    ? Buffer.from(value as number[]).toString()
    : value;

/** What stands inside the wrapper that the record is; undefined where it is none. */
const contentOf = (record: JsonObject): string | JsonObject | undefined => {
  for (const { field, needs = [], beside } of WRAPPERS) {
    const inside = field === 'MESSAGE' ? textOfBytes(record[field]) : record[field];
    // An object called `log` beside `message` says where the line came from.
    const isText = typeof inside === 'string';
    if (!isText && (!isObject(inside) || field === 'log' || field === 'message')) continue;
    if (!needs.every((key) => Object.hasOwn(record, key))) continue;
    if (Object.keys(record).every((key) => key === field || beside.test(key))) return inside;
  }
  return undefined;
};

/** What a record is wrapped around, by the exact shape of the wrapper; undefined where it is none, or holds no JSON. */
export const insideOf = (record: JsonObject): JsonObject | undefined => {
  const content = contentOf(record);
  return typeof content === 'string' ? objectIn(content) : content;
};

/** As `insideOf`, through every wrapper, and as text: what was in the log before anybody wrapped it. */
export const textInside = (record: JsonObject): string | undefined => {
  let content = contentOf(record);
  for (let depth = 1; depth < MAX_WRAPPERS; depth++) {
    const inner = typeof content === 'string' ? objectIn(content) : content;
    const next = inner && contentOf(inner);
    if (next === undefined) break;
    content = next;
  }
  if (content === undefined) return undefined;
  return typeof content === 'string' ? content.replace(/\r?\n$/, '') : JSON.stringify(content);
};
