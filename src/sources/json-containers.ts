/** Objects that hold records in an array: the array's key, and every other key that such an object has. */
interface Container {
  readonly beside: ReadonlySet<string>;
  /** One of these must be there. */
  readonly needs?: readonly string[];
}

const container = (beside: readonly string[], needs?: readonly string[]): Container => ({
  beside: new Set(beside),
  ...(needs && { needs }),
});

const CONTAINERS: ReadonlyMap<string, Container> = new Map([
  // CloudTrail's files, Azure's diagnostic settings.
  ['Records', container([])],
  ['records', container([])],
  // A CloudWatch subscription.
  ['logEvents', container(['messageType', 'owner', 'logGroup', 'logStream', 'subscriptionFilters', 'policyLevel'])],
  // What the AWS CLI gives: filter-log-events, get-log-events, lookup-events.
  ['events', container(['searchedLogStreams', 'nextToken', 'nextForwardToken', 'nextBackwardToken'])],
  ['Events', container(['NextToken'])],
  // Kubernetes' audit webhook.
  ['items', container(['kind', 'apiVersion', 'metadata'], ['kind'])],
  // Microsoft Graph, lists of OpenAI and Anthropic, Google's REST API, Authensor.
  ['value', container(['@odata.context', '@odata.count', '@odata.nextLink'], ['@odata.context'])],
  ['data', container(['object', 'first_id', 'last_id', 'has_more', 'next_page'], ['object', 'has_more'])],
  ['entries', container(['nextPageToken'])],
  // OTLP as JSON: what one agent or server had to say.
  ['resourceSpans', container([])],
  ['resourceLogs', container([])],
  ['receipts', container(['total', 'limit', 'offset', 'page', 'next', 'cursor', 'nextCursor', 'hasMore'])],
]);

export const isContainerKey = (key: string): boolean => CONTAINERS.has(key);

/** Whether an object with these keys, of which `key` holds an array of objects, is a container. */
export const isContainer = (key: string, keys: readonly string[]): boolean => {
  const known = CONTAINERS.get(key);
  if (known === undefined) return false;
  const { beside, needs } = known;
  return (
    keys.every((one) => one === key || beside.has(one)) &&
    (needs === undefined || needs.some((one) => keys.includes(one)))
  );
};

const [LF, CR, SPACE, QUOTE, BRACKET, BRACE] = [10, 13, 32, 34, 91, 123];

/** How a container may begin on a line of its own, among lines that are records. */
const STARTS = [
  ...['Records"', 'records"', 'logEvents"', 'messageType"', 'owner"', 'events"', 'Events"', 'entries"', 'receipts"'],
  ...['kind":"EventList"', '@odata.context"', 'object":"list"', 'data":[', 'items":['],
  ...['object":"page"', 'resourceSpans"', 'resourceLogs"'],
];
const FIRST_LETTERS = new Set(STARTS.map((start) => start.charCodeAt(0)));
/** Bytes that show whether a line may begin a container. */
export const START_LENGTH = 24;

/** An element that is a batch of records itself may be longer than one of them: a collector writes thousands of spans at a time. */
export const MAX_BATCH = 16 * 1024 * 1024;
const BATCH = /^\{\s{0,8}"(?:resource|scopeSpans|scopeLogs)"/;

/** Whether an element that begins with these bytes is such a batch. */
export const isBatch = (head: Buffer): boolean => BATCH.test(head.toString('latin1', 0, START_LENGTH));

/** Whether the line at `at` may begin a container: a look at its first bytes, since millions of lines pass by. */
export const mayStartContainer = (bytes: Buffer, at: number): boolean => {
  const first = bytes[at];
  if (first !== BRACE && first !== BRACKET) return false;
  const second = bytes[at + 1];
  if (second === LF || second === CR || second === SPACE) return first === BRACE || startsObject(bytes, at + 1);
  if (first === BRACKET) return second === BRACE;
  if (second !== QUOTE || !FIRST_LETTERS.has(bytes[at + 2] ?? 0)) return false;
  const head = bytes.toString('latin1', at + 2, at + START_LENGTH);
  return STARTS.some((start) => head.startsWith(start));
};

/** `[` and then, behind white space, `{`, or the end of what is looked at. */
const startsObject = (bytes: Buffer, from: number): boolean => {
  let at = from;
  while (at < bytes.length && at < from + START_LENGTH && (bytes[at] ?? 0) <= SPACE) at++;
  return at === bytes.length || bytes[at] === BRACE;
};
