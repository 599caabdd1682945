import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from './free-port.ts';

/** What goes wrong with one request. */
export type Fault =
  /** It is not passed on; the connection ends without an answer, or nothing is ever said. */
  | { readonly kind: 'drop' | 'hang' }
  /** It is carried out; `after` is waited for, and the connection ends without an answer. */
  | { readonly kind: 'cut'; readonly after?: () => Promise<unknown> }
  /** It is not passed on; this status is answered. */
  | { readonly kind: 'answer'; readonly status: number; readonly type?: string }
  /** Every second operation of a bulk request is answered with this status: not passed on, or carried out all the same. */
  | { readonly kind: 'items'; readonly status: number; readonly carriedOut: boolean };

export interface FaultyProxy {
  readonly url: string;
  /** One for each request to come that `strikes`, in order; what comes after is passed on. */
  readonly faults: Fault[];
  /** Which requests are struck: bulk requests, unless something else is set. */
  strikes: (method: string, path: string) => boolean;
  /** Requests that came, as `METHOD /path`. */
  readonly requests: readonly string[];
  /** Refuses connections and ends those that are open, until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
}

/** Stands before an Elasticsearch and fails on demand. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const port = await freePort();
  const agent = new Agent({ keepAlive: false }); // a kept connection may end just when it is used: a fault that nobody asked for
  const faults: Fault[] = [];
  const requests: string[] = [];
  const proxy = { strikes: (_method: string, path: string): boolean => path.startsWith('/_bulk') };
  const server = createServer((incoming, response) => {
    const [method, path] = [incoming.method ?? '', incoming.url ?? ''];
    requests.push(`${method} ${path.split('?', 1)[0]}`);
    const fault = proxy.strikes(method, path) ? faults.shift() : undefined;
    bodyOf(incoming)
      .then((body) => serve(fault, (bytes) => passOn(target, agent, incoming, bytes), body, response))
      .catch(() => response.destroy()); // the server behind it is away, or the client has gone
  });
  await listen(server, port);
  const down = (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    return closed;
  };
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    requests,
    down,
    up: () => listen(server, port),
    async stop() {
      agent.destroy();
      if (server.listening) await down();
    },
  });
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function serve(
  fault: Fault | undefined,
  ask: (body: Buffer) => Promise<Answer>,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  switch (fault?.kind) {
    case undefined:
      return send(response, await ask(body));
    case 'hang':
      return;
    case 'drop':
      response.destroy();
      return;
    case 'cut':
      await ask(body);
      await fault.after?.();
      response.destroy();
      return;
    case 'answer': {
      const { status, type = 'es_rejected_execution_exception' } = fault;
      return send(response, { status, headers: HEADERS, body: json({ error: { type, reason: 'made up' }, status }) });
    }
    case 'items':
      return send(response, await failEverySecond(fault, ask, body));
  }
}

/** Without the product's header a client takes it for another server's. */
const HEADERS = {
  'content-type': 'application/vnd.elasticsearch+json; compatible-with=8',
  'x-elastic-product': 'Elasticsearch',
};

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** Each operation is two lines. */
async function failEverySecond(
  { status, carriedOut }: Extract<Fault, { kind: 'items' }>,
  ask: (body: Buffer) => Promise<Answer>,
  body: Buffer,
): Promise<Answer> {
  const lines = body.toString().trimEnd().split('\n');
  const count = lines.length / 2;
  const fails = (at: number): boolean => at % 2 === 0;
  const passed = lines.filter((_line, at) => carriedOut || !fails(Math.floor(at / 2)));
  const answer =
    passed.length === 0
      ? { status: 200, headers: HEADERS, body: json({ items: [] }) }
      : await ask(Buffer.from(`${passed.join('\n')}\n`));
  const given: object[] = JSON.parse(answer.body.toString()).items;
  const error = { type: status === 429 ? 'es_rejected_execution_exception' : 'unavailable_shards_exception' };
  const failed = { create: { status, error } };
  let next = 0;
  const items = Array.from({ length: count }, (_, at) => {
    const real = carriedOut || !fails(at) ? given[next++] : undefined;
    return fails(at) ? failed : real;
  });
  return { ...answer, body: json({ items }) };
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function passOn(target: string, agent: Agent, { method, url, headers }: IncomingMessage, body: Buffer) {
  const { host: _, 'content-length': __, 'transfer-encoding': ___, ...kept } = headers;
  return new Promise<Answer>((resolve, reject) => {
    const options = { method, agent, headers: { ...kept, 'content-length': body.length } };
    const outgoing = request(new URL(url ?? '/', target), options, (answer) => {
      bodyOf(answer).then(
        (text) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
        reject,
      );
    });
    outgoing.once('error', reject).end(body);
  });
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  const { 'transfer-encoding': _, 'content-encoding': __, ...kept } = headers;
  response.writeHead(status, { ...kept, 'content-length': body.length }).end(body);
}
