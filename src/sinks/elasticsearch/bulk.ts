import { type Client, errors } from '@elastic/elasticsearch';
import { isTransientStatus } from '../../http.ts';
import { linesOf, type Operation } from './operation.ts';

/** What became of one operation. */
export type Outcome =
  /** It is in Elasticsearch: by this request, or by one before. */
  | { readonly kind: 'written' | 'there' }
  /** The document will never be taken. */
  | { readonly kind: 'rejected'; readonly type: string; readonly reason: string }
  /** Later, perhaps. `unsure`: it may have been written all the same. `mend`: what a person has to do first. */
  | { readonly kind: 'later'; readonly reason: string; readonly unsure: boolean; readonly mend?: string };

/** The request as a whole can't be taken: its parts may be. */
export class BulkRefused extends Error {
  readonly type: string;

  constructor(type: string) {
    super(`Elasticsearch refuses the request: ${type}`);
    this.type = type;
  }
}

/** Elasticsearch gives up earlier than we do, so that a request that we gave up is not carried out long after. */
const SERVER_TIMEOUT = '20s';
const TOO_LARGE = 413;
const MOST_REASON = 300;

/** The state of the server, with the status of a bad document (such as: as many shards as a node may have). */
const NOT_THE_DOCUMENT: ReadonlySet<string> = new Set(['validation_exception', 'index_closed_exception']);

interface BulkAnswer {
  readonly items: readonly Readonly<Record<string, Item>>[];
}

interface Item {
  readonly status: number;
  readonly error?: { readonly type: string; readonly reason?: string };
}

/**
 * One bulk request. Returns an outcome for each operation, in their order.
 * @throws BulkRefused; the client's errors, when nothing is known of any operation
 */
export async function bulk(client: Client, operations: readonly Operation[], signal: AbortSignal): Promise<Outcome[]> {
  const ingested = new Date().toISOString();
  const bulkBody = operations.map((operation) => linesOf(operation, ingested)).join('');
  const querystring = { timeout: SERVER_TIMEOUT, filter_path: 'items.*.status,items.*.error' };
  try {
    const answer = await client.transport.request<BulkAnswer>(
      { method: 'POST', path: '/_bulk', querystring, bulkBody },
      { signal },
    );
    if (answer.items?.length !== operations.length) throw new Error('the answer to a bulk request has other items');
    return answer.items.map((item) => outcomeOf(Object.values(item)[0] ?? { status: 500 }));
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

/** A single bad id, or too many bytes, and nothing of the request is done. */
function refusalOf(error: unknown): BulkRefused | undefined {
  if (!(error instanceof errors.ResponseError)) return undefined;
  if (error.statusCode === TOO_LARGE) return new BulkRefused('content_too_large');
  const type = (error.body as { error?: { type?: unknown } } | undefined)?.error?.type;
  return error.statusCode === 400 && typeof type === 'string' ? new BulkRefused(type) : undefined;
}

function outcomeOf({ status, error }: Item): Outcome {
  if (status < 300) return { kind: 'written' };
  const { type = 'unknown', reason = '' } = error ?? {};
  if (status === 409) return { kind: 'there' };
  if (status === 400 && !NOT_THE_DOCUMENT.has(type)) return { kind: 'rejected', type, reason: withoutValue(reason) };
  // 429 is said before anything is done; a failure on the way (5xx) may come after.
  const later = { kind: 'later', reason: `${type} (${status})`, unsure: status >= 500 } as const;
  const mend = howToMend(status, type);
  return mend === undefined ? later : { ...later, mend };
}

/** What a person has to do, where waiting is of no use. */
function howToMend(status: number, type: string): string | undefined {
  if (status === 404) return 'run `wayward setup elasticsearch`';
  if (status === 401 || status === 403) return 'docs/elasticsearch.md lists the privileges that delivery needs';
  return type === 'validation_exception' ? 'the cluster takes no more shards: make room there' : undefined;
}

/** Elasticsearch quotes the value that it can't take. */
const withoutValue = (reason: string): string =>
  (reason.split(" Preview of field's value:")[0] ?? '').slice(0, MOST_REASON);

/** Whether a request that ended in this error may have been carried out. */
export const isUnsure = (error: unknown): boolean =>
  !(error instanceof errors.ResponseError) || (isTransientStatus(error.statusCode ?? 0) && error.statusCode !== 429);
