import { z } from 'zod';
import { CallError } from './errors.ts';
import { type HttpAnswer, isSuccess, isTransientStatus, readJson, request } from './http.ts';
import { scrub } from './scrub.ts';

export interface VaultServer {
  readonly url: string;
  readonly token: { reveal(): string };
  readonly namespace?: string | undefined;
}

/** The verb, as https://developer.hashicorp.com/vault/docs/concepts/policies#capabilities calls the right to it. */
const CAPABILITY = { GET: 'read', LIST: 'list', POST: 'update' } as const;

/** Calls that need `sudo`, too: https://developer.hashicorp.com/vault/docs/concepts/policies#root-protected-api-endpoints */
const ROOT_PROTECTED = /^(sys\/leases\/(revoke-prefix|lookup)\/|auth\/token\/accessors)/;

export interface VaultRequest {
  readonly method: keyof typeof CAPABILITY;
  /** Below `/v1/`, its segments encoded: see `vaultPath`. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly maxBytes?: number;
  /** What of the body must not be shown, should the answer quote it. */
  readonly secrets?: readonly string[];
  /** Answers beside 2xx that say something, such as that there is no such token. */
  readonly accepts?: (answer: HttpAnswer) => boolean;
  /** Its own error for a refusal that status and text alone would explain badly. */
  readonly explain?: (answer: HttpAnswer) => CallError | undefined;
}

/**
 * One call to Vault's API.
 * @throws CallError for any answer that is neither a success nor accepted; with the missing right for a 403
 */
export async function callVault(server: VaultServer, call: VaultRequest): Promise<HttpAnswer> {
  const { method, path, body, maxBytes, secrets = [], accepts, explain } = call;
  const { url, namespace } = server;
  const secret = server.token.reveal();
  const answer = await request({
    service: 'Vault',
    method,
    url: new URL(`v1/${path}`, url.endsWith('/') ? url : `${url}/`).href,
    headers: {
      'content-type': 'application/json',
      'x-vault-token': secret,
      'x-vault-request': 'true', // what a Vault Agent in between may ask for, against forged requests
      ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    secrets: [secret, ...secrets],
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  if (isSuccess(answer.status) || accepts?.(answer) === true) return answer;
  // First the secrets, whole; then one line of what is left.
  const said = scrub(answer.text, [secret, ...secrets])
    .replaceAll(/(\\n|\\t|\s)+/g, ' ')
    .slice(0, 200);
  const right = `${CAPABILITY[method]}${ROOT_PROTECTED.test(path) ? ' and sudo' : ''}`;
  const advice = answer.status === 403 ? `; its token needs ${right} on ${path}` : '';
  // 412: a node that has not caught up with what this token wrote.
  const isTransient = isTransientStatus(answer.status) || answer.status === 412;
  throw explain?.(answer) ?? new CallError(`Vault answered ${answer.status} ${said}${advice}`, isTransient);
}

/** A path from segments that may hold anything. */
export const vaultPath = (...segments: readonly string[]): string =>
  segments.flatMap((segment) => segment.split('/').map(encodeURIComponent)).join('/');

/** Whether it is a refusal whose status and words are both as expected: a proxy's 404 is no answer of Vault's. */
export const saysThat =
  (status: number, words: string) =>
  (answer: HttpAnswer): boolean =>
    answer.status === status && answer.text.includes(words);

/** Vault's way to say that a list is empty: 404 with no error. */
function isEmptyList({ status, text }: HttpAnswer): boolean {
  const errors = status === 404 ? readJson(text, z.object({ errors: z.array(z.unknown()) }))?.errors : undefined;
  return errors?.length === 0;
}

const listSchema = z.object({ data: z.object({ keys: z.array(z.string()) }) });

/** The keys under a path; none for an empty list. @throws CallError also for an answer longer than `maxBytes` */
export async function listKeys(
  server: VaultServer,
  path: string,
  options: Pick<VaultRequest, 'maxBytes' | 'explain'> = {},
): Promise<readonly string[]> {
  const answer = await callVault(server, { ...options, method: 'LIST', path, accepts: isEmptyList });
  if (isEmptyList(answer)) return [];
  const list = readJson(answer.text, listSchema);
  if (list === undefined) throw new CallError(`Vault's list of ${path} is too long, or is none`, false);
  return list.data.keys;
}

const selfSchema = z.object({ data: z.object({ ttl: z.number(), creation_ttl: z.number(), renewable: z.boolean() }) });

/**
 * Renews the token that calls are made with, once less than half of its time is left. One that can't be renewed, or may not
 * look at itself, is left as it is. Vault ends it all the same at its max_ttl: a periodic token has none.
 * https://developer.hashicorp.com/vault/api-docs/auth/token#renew-a-token-self
 * @throws CallError
 */
export async function keepToken(server: VaultServer): Promise<void> {
  const accepts = ({ status }: HttpAnswer): boolean => status === 403;
  const answer = await callVault(server, { method: 'GET', path: 'auth/token/lookup-self', accepts });
  const self = readJson(answer.text, selfSchema)?.data;
  if (self === undefined || !self.renewable || self.ttl > self.creation_ttl / 2) return;
  await callVault(server, { method: 'POST', path: 'auth/token/renew-self', body: {} });
}
