import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A fake: Authensor's control plane is not run here. It holds the contract of two calls, `GET /keys` and `POST /keys/{id}/revoke`, with
 * the authentication before them and the limit on requests, as
 * https://github.com/AUTHENSOR/AUTHENSOR/blob/fce31bb2d8fd389bcb544bd24b7640f768519e6c/packages/control-plane/src/routes/keys.ts
 * and ../auth/middleware.ts and ../middleware/rate_limit.ts have it. A query or body, which Authensor would ignore, is refused.
 */
export interface FakeAuthensor {
  readonly url: string;
  /** A key, and the token that is shown once. */
  newKey(role: Role, principalId?: string): { readonly id: string; readonly token: string };
  revoke(id: string): void;
  /** As `GET /whoami` answers it: 200, or 401 for a revoked key. */
  use(token: string): Promise<number>;
  /** Requests a minute of one key to /keys; 120 at first. */
  limit(perMinute: number): void;
  /** Right before the next answer to a list, as somebody else would do it at the same time. */
  afterNextList(work: () => void): void;
  /** Every answer from here on; undefined: as Authensor would. */
  answer(status: number | undefined, body?: string): void;
  /** `METHOD path` of each request to /keys. */
  readonly calls: readonly string[];
  stop(): Promise<void>;
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
    const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (token === undefined) return refusal(401, 'UNAUTHORIZED', 'API key required');
    const caller = keys.find((key) => key.token === token);
    if (caller === undefined) return refusal(401, 'UNAUTHORIZED', 'Invalid API key');
    if (caller.revokedAt !== null) return refusal(401, 'UNAUTHORIZED', 'API key has been revoked');
    const { method, url = '' } = request;
    if (`${method} ${url}` === 'GET /whoami') return { status: 200, body: { keyId: caller.id, role: caller.role } };
    calls.push(`${method} ${url}`);
    if (++caller.requests > perMinute)
      return refusal(429, 'RATE_LIMITED', `Rate limit exceeded. Limit: ${perMinute} requests per minute.`);
    const [, id] = /^\/keys\/([^/?]+)\/revoke$/.exec(url) ?? [];
    const isList = method === 'GET' && url === '/keys';
    if (!isList && (method !== 'POST' || id === undefined)) return { status: 404, body: '404 Not Found' };
    if (caller.role !== 'admin') return refusal(403, 'FORBIDDEN', 'Insufficient permissions. Required role: admin');
    if (hasBody) return refusal(400, 'INVALID_INPUT', 'this fake takes no body here');
    return isList ? list() : revoke(id ?? '');
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
      keys.push({ ...key, createdAt: new Date().toISOString(), revokedAt: null, requests: 0 });
      return key;
    },
    revoke,
    use: async (token) => (await fetch(`${url}/whoami`, { headers: { authorization: `Bearer ${token}` } })).status,
    limit(requests) {
      perMinute = requests;
      for (const key of keys) key.requests = 0;
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
