import { readFileSync } from 'node:fs';
import { Client, type ClientOptions, UndiciConnection } from '@elastic/elasticsearch';
import { ServerUnavailableError, UsageError } from '../../errors.ts';
import type { ElasticsearchSettings } from './settings.ts';
import { LATEST } from './streams.ts';
import { isAway, whyUnavailable } from './why-unavailable.ts';

const REQUEST_TIMEOUT_MS = 30_000;
const CHECK_TIMEOUT_MS = 10_000;

/** Elasticsearch did not answer, and may later: nothing that a person has to mend in the configuration. */
export class ElasticsearchAway extends ServerUnavailableError {}

/**
 * The one place that makes the client. It tries nothing twice: what may be repeated is the caller's to say. The secrets
 * must be resolved.
 * @throws UsageError for a `ca` that can't be read
 */
export function createElasticsearch(
  settings: ElasticsearchSettings,
  more: Pick<ClientOptions, 'disablePrototypePoisoningProtection'> = {},
): Client {
  const { node, ca } = settings;
  return new Client({
    ...more,
    node,
    Connection: connectionAs(() => authorizationOf(settings)),
    ...(ca !== undefined && { tls: { ca: authority(ca) } }),
    maxRetries: 0,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Errors hold the request otherwise, with its headers.
    redaction: { type: 'remove' },
  });
}

/** A connection that asks for each request who we are: the client itself would ask once, and passwords change. */
function connectionAs(authorization: () => string | undefined): NonNullable<ClientOptions['Connection']> {
  return class extends UndiciConnection {
    constructor(options: ConstructorParameters<typeof UndiciConnection>[0]) {
      super(options);
      if (authorization() === undefined) return;
      // Of its own: the client reads the headers that it was given once, and sends those, too.
      this.headers = Object.defineProperty({ ...this.headers }, 'authorization', {
        enumerable: true,
        get: authorization,
      });
    }
  };
}

function authorizationOf({ username, password, api_key: apiKey }: ElasticsearchSettings): string | undefined {
  if (apiKey !== undefined) return `ApiKey ${apiKey.reveal()}`;
  if (username === undefined || password === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;
}

function authority(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(`elasticsearch.ca: ${file} can't be read (${code}); write the path of a PEM file`, { cause });
  }
}

/**
 * Whether Elasticsearch is there, takes us, and was set up.
 * @throws ElasticsearchAway when it does not answer; ServerUnavailableError when a person has to do something first
 */
export async function requireElasticsearch(client: Client, settings: ElasticsearchSettings): Promise<void> {
  if (!(await asking(settings, () => isSetUp(client))))
    throw new ServerUnavailableError(`${settings.node} ${NOT_SET_UP}`);
}

/** Follows the address of an Elasticsearch that is not set up. */
export const NOT_SET_UP = `has no index ${LATEST}: run \`wayward setup elasticsearch\` first`;

/** Whether `wayward setup elasticsearch` was here. @throws the client's errors */
export const isSetUp = (client: Client, signal?: AbortSignal): Promise<boolean> =>
  client.indices.exists({ index: LATEST }, { requestTimeout: CHECK_TIMEOUT_MS, ...(signal && { signal }) });

/** Calls Elasticsearch. @throws ElasticsearchAway, ServerUnavailableError with what to check, without any secret */
export async function asking<T>(settings: ElasticsearchSettings, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const message = whyUnavailable(error, settings);
    throw isAway(error) ? new ElasticsearchAway(message) : new ServerUnavailableError(message);
  }
}
