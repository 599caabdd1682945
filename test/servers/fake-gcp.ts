import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Account, checkGrant, newAccount, newKey, PROJECT, PROJECT_NUMBER } from './fake-gcp-accounts.ts';
import { GoogleError, invalidArgument, permissionDenied, unauthenticated } from './fake-gcp-errors.ts';
import { iamMethods } from './fake-gcp-iam.ts';
import { type Secrets, secretMethods } from './fake-gcp-secrets.ts';

/**
 * A fake: there is no emulator of these APIs. It holds the contract of the calls that Wayward makes, as Google's reference
 * pages have it (named in fake-gcp-*.ts): paths, bodies, permissions, the form of errors, and what a call does to the next
 * ones. Everything else is refused, also where Google would let it pass.
 */
export interface FakeGcp {
  readonly iamUrl: string;
  readonly secretManagerUrl: string;
  readonly metadataUrl: string;
  readonly tokenUrl: string;
  /** A service account with these permissions on the project. */
  newAccount(name: string, permissions?: readonly string[]): FakeAccount;
  /** A secret without versions. */
  newSecret(name: string): void;
  /** Whom the metadata server knows; nobody at first. */
  attach(account: FakeAccount): void;
  /** The next reads show what was before the last change. */
  lag(reads: number): void;
  /** Every answer of the APIs from here on; undefined: as Google would. */
  answer(status: number | undefined, body?: string): void;
  /** The same for the token endpoint. */
  answerTokens(status: number | undefined, body?: string): void;
  /** `METHOD path` of each call of an API, and `token` for each token that was asked for. */
  readonly calls: string[];
  stop(): Promise<void>;
}

export interface FakeAccount {
  readonly project: string;
  readonly email: string;
  readonly uniqueId: string;
  /** @param created RFC 3339; now where absent */
  newKey(created?: string): { readonly id: string; readonly file: string };
}

/** One method of an API. */
export interface Method {
  readonly http: 'GET' | 'POST' | 'DELETE';
  readonly path: RegExp;
  readonly permission: string;
  /** The parts of the path, the body, and whether a read is to show what was before. @throws GoogleError */
  answer(parts: Readonly<Record<string, string>>, body: unknown, isLate: boolean): object;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}

/** What the front end says to paths that no API has. */
const NO_SUCH_PATH: Answer = {
  status: 404,
  type: 'text/html; charset=UTF-8',
  body: '<!DOCTYPE html>\n<title>Error 404 (Not Found)!!1</title>\n<p><b>404.</b> <ins>That’s an error.</ins>\n',
};
const TOKEN_PATH = '/computeMetadata/v1/instance/service-accounts/default/token';
const json = (status: number, body: object): Answer => ({ status, body: JSON.stringify(body) });

export async function startFakeGcp(): Promise<FakeGcp> {
  const accounts: Account[] = [];
  const secrets: Secrets = new Map();
  const tokens = new Map<string, Account>();
  const calls: string[] = [];
  let attached: Account | undefined;
  let lateReads = 0;
  let forced: Answer | undefined;
  let forcedToken: Answer | undefined;

  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const { status, type = 'application/json; charset=UTF-8', body: text } = answerTo(request, body);
    response.writeHead(status, { 'content-type': type }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tokenUrl = `${url}/oauth2/token`;
  const apis: Readonly<Record<string, readonly Method[]>> = {
    iam: iamMethods(accounts, tokenUrl),
    secretmanager: secretMethods(secrets),
  };

  function answerTo(request: IncomingMessage, body: string): Answer {
    const [, api = '', rest = ''] = /^\/(iam|secretmanager)\/(.*)$/.exec(request.url ?? '') ?? [];
    if (request.url === '/oauth2/token') return tokenByGrant(request, body);
    if (request.url === TOKEN_PATH) return tokenByMetadata(request);
    if (api === '') return NO_SUCH_PATH;
    calls.push(`${request.method} ${rest}`);
    if (forced !== undefined) return forced;
    try {
      return json(200, call(apis[api] ?? [], rest, request, body));
    } catch (error) {
      if (error instanceof GoogleError) return json(error.code, error);
      if (error === NO_SUCH_PATH) return NO_SUCH_PATH;
      throw error;
    }
  }

  function call(methods: readonly Method[], rest: string, request: IncomingMessage, body: string): object {
    const [path = '', query] = rest.split('?');
    const method = methods.find((one) => one.http === request.method && one.path.test(path));
    if (method === undefined) throw NO_SUCH_PATH;
    const caller = callerOf(request);
    if (query !== undefined)
      throw invalidArgument(
        `Invalid JSON payload received. Unknown name "${query.split('=')[0]}": Cannot bind query parameter.`,
      );
    const [, project = ''] = path.split('/').slice(1);
    if (!caller.permissions.has(method.permission) || ![PROJECT, PROJECT_NUMBER].includes(project))
      throw permissionDenied(method.permission, path.slice('v1/'.length));
    const isLate = method.http === 'GET' && (!path.includes(':') || path.endsWith('/latest:access')) && lateReads > 0;
    if (isLate) lateReads--;
    return method.answer(method.path.exec(path)?.groups ?? {}, bodyOf(method, request, body), isLate);
  }

  function callerOf(request: IncomingMessage): Account {
    const [, token] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (token === undefined) throw unauthenticated('is missing required');
    const caller = tokens.get(token);
    // A disabled account's tokens are rejected: …/v1/projects.serviceAccounts/disable
    if (caller === undefined || caller.state.now.disabled) throw unauthenticated('had invalid');
    return caller;
  }

  function tokenByGrant(request: IncomingMessage, body: string): Answer {
    calls.push('token');
    if (forcedToken !== undefined) return forcedToken;
    const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded';
    if (request.method !== 'POST' || !isForm) return json(400, { error: 'invalid_request' });
    const grant = checkGrant(new URLSearchParams(body), accounts, tokenUrl);
    return 'error' in grant ? json(400, grant) : newToken(grant);
  }

  /** https://docs.cloud.google.com/compute/docs/metadata/querying-metadata */
  function tokenByMetadata(request: IncomingMessage): Answer {
    calls.push('token');
    if (forcedToken !== undefined) return forcedToken;
    if (request.method !== 'GET' || request.headers['metadata-flavor'] !== 'Google')
      return { status: 403, type: 'text/html; charset=UTF-8', body: 'Missing Metadata-Flavor:Google header.' };
    return attached === undefined ? NO_SUCH_PATH : newToken(attached);
  }

  function newToken(account: Account): Answer {
    const token = `ya29.c.canary-${randomBytes(24).toString('base64url')}`;
    tokens.set(token, account);
    return json(200, { access_token: token, expires_in: 3599, token_type: 'Bearer' });
  }

  return {
    iamUrl: `${url}/iam`,
    secretManagerUrl: `${url}/secretmanager/`,
    metadataUrl: url,
    tokenUrl,
    calls,
    newAccount(name, permissions = []) {
      const account = newAccount(name, permissions);
      accounts.push(account);
      const { email, uniqueId } = account;
      return { project: PROJECT, email, uniqueId, newKey: (created) => newKey(account, tokenUrl, created) };
    },
    newSecret: (name) => void secrets.set(name, []),
    attach({ email }) {
      attached = accounts.find((account) => account.email === email);
    },
    lag(reads) {
      lateReads = reads;
    },
    answer(status, body = '') {
      forced = status === undefined ? undefined : { status, body };
    },
    answerTokens(status, body = '') {
      forcedToken = status === undefined ? undefined : { status, body };
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Google's front end takes a body only where a method has one. */
function bodyOf({ http }: Method, request: IncomingMessage, body: string): unknown {
  if (body === '') return undefined;
  if (http !== 'POST') throw invalidArgument(`A ${http} request must not have a body.`);
  if (request.headers['content-type'] !== 'application/json')
    throw invalidArgument('Content-Type must be application/json.');
  try {
    return JSON.parse(body);
  } catch {
    throw invalidArgument('Invalid JSON payload received. Unexpected token.');
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
