import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { UsageError } from '../errors.ts';
import type { HttpSettings } from './settings.ts';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** By path. */
export type Pages = ReadonlyMap<string, () => Answer | Promise<Answer>>;

export interface HttpServer {
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
 * Serves pages to GET and HEAD; reads no body.
 * @throws UsageError where the port can't be had
 */
export async function serve(
  { host, port }: HttpSettings,
  pages: Pages,
  onError: (error: unknown) => void,
): Promise<HttpServer> {
  const server = createServer(LIMITS, (request, response) => {
    answerTo(request, pages)
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
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answerTo({ method, url = '' }: IncomingMessage, pages: Pages): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: TEXT, body: 'only GET and HEAD\n' };
  const page = pages.get(url.split('?', 1)[0] ?? '');
  return (await page?.()) ?? { status: 404, type: TEXT, body: `there is: ${[...pages.keys()].join(' ')}\n` };
}

function send({ headers }: IncomingMessage, response: ServerResponse, { status, type, body }: Answer): void {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
    ...(hasBody ? { connection: 'close' } : {}), // what it sends is not waited for
  });
  response.end(body);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new UsageError(whyNot(error, host, port))));
    server.listen(port, host, resolve);
  });
}

function whyNot({ code }: NodeJS.ErrnoException, host: string, port: number): string {
  const at = `wayward.yaml: http: ${host}:${port}`;
  if (code === 'EADDRINUSE') return `${at} is used by another program; write another port, such as port: ${port + 1}`;
  if (code === 'EACCES') return `${at} is not allowed for this user; write a port above 1023`;
  return `${at} cannot be served (${code}); write an address of this machine, such as host: 127.0.0.1`;
}
