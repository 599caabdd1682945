import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { UsageError } from '../errors.ts';
import type { HttpSettings } from './settings.ts';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** Beside those that every answer has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** By path. */
export type Pages = ReadonlyMap<string, () => Answer | Promise<Answer>>;

/** What somebody asks of a route. */
export interface Visit {
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** Behind the route's prefix, as it was sent, without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** What was posted, as UTF-8; undefined where it is more than so many bytes, or broke off. Not read unless asked for. */
  body(maxBytes: number): Promise<string | undefined>;
}

/** Answers every path below its prefix; the only one that may be posted to. */
export type Route = (visit: Visit) => Promise<Answer>;

export interface HttpServer {
  /** Serves a route from here on, until what it returns is called. */
  mount(prefix: string, route: Route): () => void;
  /** Ends every connection at once. */
  close(): Promise<void>;
}

/** Whoever connects is bounded in what they send, in how long they take for it, and in how many they are. */
const LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
const IDLE_MS = 10_000;
const MAX_CONNECTIONS = 256;
const TEXT = 'text/plain; charset=utf-8';

/**
 * Serves pages to GET and HEAD, of which no body is read, and routes that are mounted later.
 * @throws UsageError where the port can't be had
 */
export async function serve(
  { host, port }: HttpSettings,
  pages: Pages,
  onError: (error: unknown) => void,
): Promise<HttpServer> {
  const routes = new Map<string, Route>();
  const server = createServer(LIMITS, (request, response) => {
    answerTo(request, pages, routes)
      .catch((error: unknown): Answer => {
        onError(error);
        return { status: 500, type: TEXT, body: 'failed; the log says why\n' };
      })
      .then((answer) => send(request, response, answer), onError);
  });
  server.timeout = IDLE_MS;
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, host, port);
  return {
    mount(prefix, route) {
      routes.set(prefix, route);
      return () => routes.delete(prefix);
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answerTo(request: IncomingMessage, pages: Pages, routes: ReadonlyMap<string, Route>): Promise<Answer> {
  const { method, url = '', headers } = request;
  const [path = ''] = url.split('?', 1);
  for (const [prefix, route] of routes) {
    if (!path.startsWith(prefix)) continue;
    if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return refused('GET, HEAD, POST');
    return route({ method, path: path.slice(prefix.length), headers, body: (max) => bodyOf(request, max) });
  }
  if (method !== 'GET' && method !== 'HEAD') return refused('GET, HEAD');
  if (path === '/') return { status: 200, type: TEXT, body: listOf(pages) };
  const page = pages.get(path);
  return (await page?.()) ?? { status: 404, type: TEXT, body: listOf(pages) };
}

const listOf = (pages: Pages): string => `there is: ${[...pages.keys()].join(' ')}\n`;

const refused = (allow: string): Answer => ({
  status: 405,
  type: TEXT,
  body: `only ${allow.replace(/, (?!.*,)/, ' and ')}\n`,
  headers: { allow },
});

async function bodyOf(request: IncomingMessage, max: number): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > max) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // To leave the loop must not end the connection: the answer has yet to be sent.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      length += chunk.length;
      if (length > max) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined; // whoever sent it is gone, or was cut off
  }
  return Buffer.concat(chunks).toString();
}

function send({ headers }: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...answer.headers,
    ...(hasBody ? { connection: 'close' } : {}), // what it still sends is not waited for
  });
  response.end(answer.body);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new UsageError(whyNot(error, host, port))));
    server.listen(port, host, resolve);
  });
}

function whyNot({ code }: NodeJS.ErrnoException, host: string, port: number): string {
  const at = `wayward.yaml: http: ${host}:${port}`;
  if (code === 'EADDRINUSE')
    return `${at} is used by another program, perhaps a Wayward that runs already; stop that, or write another port, such as port: ${port + 1}`;
  if (code === 'EACCES') return `${at} is not allowed for this user; write a port above 1023`;
  return `${at} cannot be served (${code}); write an address of this machine, such as host: 127.0.0.1`;
}
