import { z } from 'zod';
import { CallError } from './errors.ts';
import { accessToken, forgetToken, GCP_TIMEOUT_MS, type GcpAccount } from './gcp-token.ts';
import { type HttpAnswer, isSuccess, isTransientStatus, readJson, request } from './http.ts';
import { scrub } from './scrub.ts';

/** One of Google Cloud's REST APIs, and who calls it. */
export interface GcpApi {
  readonly service: 'IAM' | 'Secret Manager';
  readonly url: string;
  readonly account: GcpAccount;
}

export interface GcpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/v1/`: a resource name, with `:verb` where the method has one. Its parts are checked by whoever makes it. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** What the account needs for it, such as `iam.serviceAccounts.disable`. */
  readonly permission: string;
  readonly maxBytes?: number;
  /** Refusals that say something, such as that there is no such thing. */
  readonly accepts?: readonly Refusal[];
}

/** Canonical codes as the APIs write them: https://google.aip.dev/193 */
type Refusal = 'NOT_FOUND' | 'FAILED_PRECONDITION';

/**
 * One call to a Google Cloud API.
 * @throws CallError for any answer that is neither a success nor accepted, with what to do about it
 */
export async function callGcp(api: GcpApi, call: GcpRequest): Promise<HttpAnswer> {
  const { method, path, body, maxBytes, accepts = [] } = call;
  const token = await accessToken(api.account);
  const answer = await request({
    service: api.service,
    method,
    url: new URL(`v1/${path}`, api.url.endsWith('/') ? api.url : `${api.url}/`).href,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    timeoutMs: GCP_TIMEOUT_MS,
    secrets: [token],
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  if (isSuccess(answer.status) || accepts.some((refusal) => says(answer, refusal))) return answer;
  throw refusalOf(api, call, answer, token);
}

/** Whether it is this refusal, from the API itself: a 404 of a proxy says nothing. */
export const says = (answer: HttpAnswer, refusal: Refusal): boolean =>
  !isSuccess(answer.status) && readError(answer)?.status === refusal;

const errorSchema = z.object({ error: z.object({ status: z.string().regex(/^[A-Z_]{1,64}$/), message: z.string() }) });

const readError = ({ text }: HttpAnswer) => readJson(text, errorSchema)?.error;

/** What the API itself says of a refusal, on one line; empty where it says nothing. */
export const messageOf = (answer: HttpAnswer): string => (readError(answer)?.message ?? '').replaceAll(/\s+/g, ' ');

function refusalOf(api: GcpApi, { path, permission }: GcpRequest, answer: HttpAnswer, token: string): CallError {
  const error = readError(answer);
  const said = scrub(messageOf(answer), [token]).slice(0, 200); // in this order: no part of a token is left
  const what =
    `${api.service} answered ${answer.status} ${error?.status ?? 'without an error of its API'} ${said}`.trim();
  if (answer.status === 401) {
    const isWorthTrying = forgetToken(api.account);
    return new CallError(`${what}; check the key or access token`, isWorthTrying);
  }
  // ABORTED: somebody else changed the same thing at the same time.
  const isTransient = isTransientStatus(answer.status) || error?.status === 'ABORTED';
  return new CallError(`${what}${adviceFor(answer.status, error !== undefined, permission, path)}`, isTransient);
}

function adviceFor(status: number, isFromApi: boolean, permission: string, path: string): string {
  // A name that is not there looks so, too, to an account that may not see the project.
  if (status === 403) return `; its account needs ${permission} on ${path}, if there is one`;
  if (status !== 404) return '';
  return isFromApi ? `; check the name ${path}` : '; check the address of the API';
}
