import type { Identity, Result } from '../event.ts';
import { NOTHING_ELSE } from '../event.ts';
import { PROOF } from '../proof.ts';
import { foldPath } from './fold-path.ts';
import type { Format, Parsed } from './format.ts';
import { MAX_CLIENT, MAX_VALUE } from './http.ts';
import { leaksOf } from './identities.ts';
import { fractionOfObjects, isFailure, isObject, type JsonObject, readJson } from './json.ts';
import { leaksInRecord } from './leaks-in-record.ts';
import type { FoundSecret, Redactor } from './redact.ts';
import { remoteAddress } from './remote-address.ts';
import { ownLine } from './server-line.ts';
import { shown } from './shown.ts';
import { parseTime, timeProblem } from './time.ts';
import { HelpRequests } from './vault-help.ts';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const resultOf = (auth: JsonObject | undefined, error: string, isRefused: boolean): Result => {
  if (auth === undefined) return 'rejected';
  const policy = auth['policy_results'];
  if (error.includes('permission denied') || (isObject(policy) && policy['allowed'] === false)) return 'denied';
  return error === '' && !isRefused ? 'success' : 'error';
};

/** Engines that hand out what a caller has put in: a field that is called `error` may be a secret's. */
const STORES = /^(?:kv|generic|cubbyhole|ns_cubbyhole)$/;

/** How Vault refuses without an error of its own (status 400): with data that hold an error and nothing else, or the page of a failed OIDC login. */
const isRefusal = (request: JsonObject, response: unknown, isLogin: boolean): boolean => {
  if (!isObject(response) || !isObject(response['data'])) return false;
  const { data } = response;
  const hasError = textOf(data['error']) !== '';
  if (isLogin)
    return hasError || (textOf(request['path']).startsWith('auth/') && Number(data['http_status_code']) >= 400);
  const engine = textOf(response['mount_type']) || textOf(request['mount_type']);
  return hasError && Object.keys(data).length === 1 && engine !== '' && !STORES.test(engine);
};

/** Older versions write an `auth` with nothing in it, or only a type of token, for a token that they refuse. */
const isAuthenticated = (auth: JsonObject): boolean =>
  [auth['accessor'], auth['entity_id'], auth['display_name']].some((value) => textOf(value) !== '') ||
  (Array.isArray(auth['policies']) && auth['policies'].length > 0);

/** Who it was; of a login some versions tell it only in the answer, as what was issued. */
const authOf = ({ auth, response }: JsonObject): JsonObject | undefined =>
  [auth, isObject(response) ? response['auth'] : undefined].filter(isObject).find(isAuthenticated);

/** The user agent, where the audit device is told to log that header. */
const userAgent = (request: JsonObject): string => {
  const { headers } = request;
  const values = isObject(headers) ? headers['user-agent'] : undefined;
  return Array.isArray(values) ? textOf(values[0]) : '';
};

/** Where the texts stand that an event shows: they are searched as they are cleaned. */
const SHOWN = new Set([
  'request.path',
  'request.operation',
  'request.client_token_accessor',
  'request.namespace.path',
  'auth.accessor',
  'auth.entity_id',
]);
const SHOWN_TOO = /^request\.(?:remote_address|headers\.user-agent)/;

/** With `log_raw`, or where a header or a key is not hashed, a secret may stand anywhere. */
const leaksElsewhere = (record: JsonObject, redactor: Redactor): FoundSecret[] =>
  leaksInRecord(record, redactor).filter(({ field }) => !SHOWN.has(field) && !SHOWN_TOO.test(field));

/** Where the request went: a namespace's secrets are others than those of the same path in the root namespace. */
const placeOf = (request: JsonObject): string => {
  const { namespace, path } = request;
  const space = isObject(namespace) ? textOf(namespace['path']).replace(/^\/+|\/+$/g, '') : '';
  return space === '' ? textOf(path) : `${space}/${textOf(path)}`;
};

/** The protocol's own operations carry keys instead of tokens; API requests to the mount are uses. */
const isKmip = ({ type, request }: JsonObject): boolean =>
  [type, isObject(request) ? request['operation'] : undefined].some((text) => /^kmip\b/i.test(textOf(text))) ||
  (isObject(request) && isObject(request['kmip']));

const parseRecord = (record: JsonObject, redactor: Redactor, helps: HelpRequests): Parsed => {
  const { type, request, response, time } = record;
  if (isKmip(record)) return { ignored: 'kmip' };
  if (type !== 'request' && type !== 'response') {
    return { unusable: 'wrong-type', detail: 'The field type is neither request nor response.' };
  }
  const asksForHelp = isObject(request) && request['operation'] === 'help';
  // Every use writes a request line and a response line with the same facts; the response knows how it ended.
  if (type === 'request' && !asksForHelp) return { ignored: 'request-half' };
  if (!isObject(request) || typeof request['path'] !== 'string' || typeof request['operation'] !== 'string') {
    return { unusable: 'wrong-type', detail: 'The record lacks request.path or request.operation.' };
  }
  const at = typeof time === 'string' ? parseTime(time) : Number.NaN;
  if (Number.isNaN(at)) return { unusable: 'invalid-time', detail: timeProblem(textOf(time)) };
  if (type === 'response' && asksForHelp && helps.isAnswer(request)) return { ignored: 'response-half' };
  const auth = authOf(record);
  const error = textOf(record['error']);
  const isRefused = isRefusal(request, response, auth === undefined);
  // Paths that need no token: nobody's credential was used.
  if (auth === undefined && error === '' && !isRefused) return { ignored: 'unauthenticated' };
  if (type === 'request') helps.asked(request);

  const found: FoundSecret[] = [];
  const clean = (value: unknown, field: string, max: number): string | undefined =>
    textOf(value) === '' ? undefined : shown(redactor.clean(textOf(value), field, found), max);
  const path = clean(placeOf(request), 'url.path', 512) ?? '';
  const operation = clean(request['operation'], 'event.action', 32) ?? '';
  // Where the token's own data name none, the request does; without `auth` it is only what the caller claims.
  const accessor = clean(textOf(auth?.['accessor']) || request['client_token_accessor'], 'vault_accessor', MAX_VALUE);
  const entity = clean(auth?.['entity_id'], 'vault_entity_id', MAX_VALUE);
  const identities: Identity[] = [];
  if (accessor !== undefined) identities.push({ key: 'vault_accessor', value: accessor });
  if (entity !== undefined) identities.push({ key: 'vault_entity_id', value: entity });
  const client = clean(userAgent(request), 'user_agent.original', MAX_CLIENT);
  return {
    ...NOTHING_ELSE,
    time: at,
    format: 'vault-audit',
    dataset: 'vault.audit',
    // Vault knows no query: what looks like one is part of a secret's name.
    action: `${foldPath(path.replace(/[?#;]/g, encodeURIComponent))}:${operation}`,
    result: resultOf(auth, error, isRefused),
    proof: auth === undefined ? PROOF.noAuth : PROOF.vaultAuth,
    identities,
    sourceIp: clean(remoteAddress(textOf(request['remote_address'])), 'source.ip', 64),
    client,
    path,
    leaks: leaksOf([...found, ...leaksElsewhere(record, redactor)]),
  };
};

/**
 * HashiCorp Vault (and OpenBao) file audit device. Vault writes secrets as HMACs and nothing of request or response data is kept.
 * The identity is `auth.accessor` as logged: an HMAC, or clear with `hmac_accessor=false`. A namespace stands before the path.
 */
export const vaultAudit: Format = {
  id: 'vault-audit',
  title: 'HashiCorp Vault audit device',
  dataset: 'vault.audit',
  proof: '`auth` with an accessor, a name or policies; without it, rejected',
  about: {
    switchOn: '`vault audit enable file file_path=…`',
    cannotTell: 'bytes; the token itself: only its accessor',
    evidence: 'recorded: Vault 1.19',
  },
  framing: 'json',
  detect: (lines) =>
    fractionOfObjects(
      lines,
      ({ type, request }) => (type === 'request' || type === 'response') && isObject(request) && 'operation' in request,
    ),
  parser: ({ redactor }) => {
    const helps = new HelpRequests();
    return {
      parse(bytes, start, end, length) {
        const record = readJson(bytes, start, end, length !== undefined);
        return isFailure(record) ? (ownLine(bytes, start, end) ?? record) : parseRecord(record, redactor, helps);
      },
      save: () => helps.save(),
      load: (saved) => helps.load(saved),
    };
  },
};
