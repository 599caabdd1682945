import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A fake: Authensor's control plane is not run here. It holds the contract of two calls, `GET /keys` and `POST /keys/{id}/revoke`, with
 * the authentication before them and the limit on requests, as
 * https://github.com/AUTHENSOR/AUTHENSOR/blob/fce31bb2d8fd389bcb544bd24b7640f768519e6c/packages/control-plane/src/routes/keys.ts
 * and ../auth/middleware.ts and ../middleware/rate_limit.ts have it. A query or body, which Authensor would ignore, is refused.
 *
 * And of `GET /receipts`, with `limit` and `offset` alone (it has no filter by time), as
 * https://github.com/AUTHENSOR/AUTHENSOR/blob/44d367952c7cf21ebb1f032c40c20618a5ada8f9/packages/control-plane/src/routes/receipts.ts
 * and ../services/receipt-service.ts have it: newest first, in no order among those of one time, 200 at most, for the role admin
 * only. What PostgreSQL would not take as LIMIT or OFFSET is a 500. Without any key: 503, as ../auth/middleware.ts.
 */
export interface FakeAuthensor {
  readonly url: string;
  /** A key, and the token that is shown once. */
  newKey(role: Role, principalId?: string): { readonly id: string; readonly token: string };
  revoke(id: string): void;
  /** As `GET /whoami` answers it: 200, or 401 for a revoked key. */
  use(token: string): Promise<number>;
  keepReceipts(more: readonly ListedReceipt[]): void;
  forgetReceipts(which?: (receipt: ListedReceipt) => boolean): void;
  /** Before each answer to a list of receipts. */
  beforeReceipts(work: () => void): void;
  /** Whether those of one time change places with each answer, as PostgreSQL may. */
  ofOneTime(order: 'kept' | 'changing'): void;
  /** Requests a minute of one key to /keys, and to /receipts; 120 at first. */
  limit(perMinute: number): void;
  /** Right before the next answer to a list, as somebody else would do it at the same time. */
  afterNextList(work: () => void): void;
  /** Every answer from here on; undefined: as Authensor would. */
  answer(status: number | undefined, body?: string): void;
  /** `METHOD path` of each request to /keys and /receipts. */
  readonly calls: readonly string[];
  stop(): Promise<void>;
}

export interface ListedReceipt {
  readonly id: string;
  /** ISO, of UTC, to milliseconds. */
  readonly timestamp: string;
}

type Role = 'ingest' | 'executor' | 'admin';

interface Key {
  readonly id: string;
  readonly token: string;
  readonly role: Role;
  readonly principalId: string | null;
  readonly createdAt: string;
  revokedAt: string | null;
  requests: number;
  receiptRequests: number;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const refusal = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message } },
});

export async function startFakeAuthensor(): Promise<FakeAuthensor> {
  const keys: Key[] = [];
  const calls: string[] = [];
  let receipts: ListedReceipt[] = [];
  let beforeReceipts = (): void => {};
  let order: 'kept' | 'changing' = 'kept';
  let lists = 0;
  let perMinute = 120;
  let meanwhile = (): void => {};
  let forced: { status: number; body: string } | undefined;

  const server = createServer(async (request, response) => {
    let length = 0;
    for await (const chunk of request) length += chunk.length;
    const instead = forced;
    const { status, body } = answerTo(request, length > 0);
    const text = instead?.body ?? JSON.stringify(body);
    response.writeHead(instead?.status ?? status, { 'content-type': 'application/json; charset=UTF-8' }).end(text);
  });

  function answerTo(request: IncomingMessage, hasBody: boolean): Answer {
    if (keys.length === 0) return refusal(503, 'BOOTSTRAP_REQUIRED', 'No API keys configured.');
    const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (token === undefined) return refusal(401, 'UNAUTHORIZED', 'API key required');
    const caller = keys.find((key) => key.token === token);
    if (caller === undefined) return refusal(401, 'UNAUTHORIZED', 'Invalid API key');
    if (caller.revokedAt !== null) return refusal(401, 'UNAUTHORIZED', 'API key has been revoked');
    const { method, url = '' } = request;
    if (`${method} ${url}` === 'GET /whoami') return { status: 200, body: { keyId: caller.id, role: caller.role } };
    calls.push(`${method} ${url}`);
    const isReceipts = url.startsWith('/receipts');
    if ((isReceipts ? ++caller.receiptRequests : ++caller.requests) > perMinute) {
      const message = `Rate limit exceeded. Limit: ${perMinute} requests per minute.`;
      return { status: 429, body: { error: { code: 'RATE_LIMITED', message, retryAfterSeconds: 41 } } };
    }
    if (method === 'GET' && /^\/receipts(\?|$)/.test(url)) return listReceipts(caller, url);
    const [, id] = /^\/keys\/([^/?]+)\/revoke$/.exec(url) ?? [];
    const isList = method === 'GET' && url === '/keys';
    if (!isList && (method !== 'POST' || id === undefined)) return { status: 404, body: '404 Not Found' };
    if (caller.role !== 'admin') return refusal(403, 'FORBIDDEN', 'Insufficient permissions. Required role: admin');
    if (hasBody) return refusal(400, 'INVALID_INPUT', 'this fake takes no body here');
    return isList ? list() : revoke(id ?? '');
  }

  function listReceipts({ role }: Key, address: string): Answer {
    if (role !== 'admin') return refusal(403, 'FORBIDDEN', 'Insufficient permissions. Required role: admin');
    beforeReceipts();
    const { searchParams: asked } = new URL(address, 'http://fake');
    if ([...asked.keys()].some((name) => name !== 'limit' && name !== 'offset'))
      return refusal(400, 'INVALID_INPUT', 'this fake knows no filter');
    const limit = Number.parseInt(asked.get('limit') || '50', 10);
    const offset = Number.parseInt(asked.get('offset') || '0', 10);
    if (!(limit >= 0 && offset >= 0)) return { status: 500, body: 'Internal Server Error' };
    const ofOneTime = order === 'changing' && lists++ % 2 === 1 ? -1 : 1;
    const page = receipts
      .map((receipt, index) => ({ receipt, index }))
      .sort(
        (a, b) => Date.parse(b.receipt.timestamp) - Date.parse(a.receipt.timestamp) || ofOneTime * (b.index - a.index),
      )
      .slice(offset, offset + Math.min(limit, 200))
      .map(({ receipt }) => ({ ...receipt, receiptApiUrl: `/receipts/${receipt.id}` }));
    return { status: 200, body: { receipts: page, pagination: { limit, offset, total: page.length } } };
  }

  function list(): Answer {
    const body = keys.map(({ id, role, principalId, createdAt, revokedAt }) => ({
      ...{ id, name: `key ${id}`, role, keyPrefix: 'authensor_abcd...wxyz', principalId, createdAt, revokedAt },
      lastUsedAt: null,
    }));
    meanwhile();
    meanwhile = () => {};
    return { status: 200, body: body.reverse() }; // newest first
  }

  function revoke(id: string): Answer {
    if (!UUID.test(id)) return refusal(400, 'INVALID_INPUT', 'Invalid key ID format');
    const key = keys.find((one) => one.id === id && one.revokedAt === null);
    if (key === undefined) return refusal(404, 'NOT_FOUND', 'Key not found or already revoked');
    key.revokedAt = new Date().toISOString();
    return { status: 200, body: { success: true, revokedAt: key.revokedAt } };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    calls,
    newKey(role, principalId) {
      const token = `authensor_canary${randomBytes(24).toString('hex')}`;
      const key = { id: randomUUID(), token, role, principalId: principalId ?? null };
      keys.push({ ...key, createdAt: new Date().toISOString(), revokedAt: null, requests: 0, receiptRequests: 0 });
      return key;
    },
    revoke,
    use: async (token) => (await fetch(`${url}/whoami`, { headers: { authorization: `Bearer ${token}` } })).status,
    keepReceipts(more) {
      receipts.push(...more);
    },
    forgetReceipts(which = () => true) {
      receipts = receipts.filter((receipt) => !which(receipt));
    },
    beforeReceipts(work) {
      beforeReceipts = work;
    },
    ofOneTime(next) {
      order = next;
    },
    limit(requests) {
      perMinute = requests;
      for (const key of keys) key.requests = key.receiptRequests = 0;
    },
    afterNextList(work) {
      meanwhile = work;
    },
    answer(status, body = '') {
      forced = status === undefined ? undefined : { status, body };
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
