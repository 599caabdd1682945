import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { z } from 'zod';
import { CallError } from './errors.ts';
import { FEDERATED, federatedToken } from './gcp-federation.ts';
import { type HttpAnswer, type HttpRequest, isTransientStatus, readJson, request } from './http.ts';
import { httpUrl } from './http-url.ts';

interface Revealed {
  reveal(): string;
}

/** Who Wayward is at Google Cloud: a service-account key, an access token, or what the metadata server says where neither is there. */
export interface GcpAccount {
  /** The JSON of a key file, as IAM made it; or a configuration of workload identity federation. */
  readonly key?: Revealed | undefined;
  readonly access_token?: Revealed | undefined;
  readonly metadata_url: string;
}

/** Where Google Cloud runs the process, nobody but the host's own metadata server answers to this name. */
export const METADATA_URL = 'http://metadata.google.internal';

/** Together with two calls of an API that a token is for, within the 20 s that a step has. */
export const GCP_TIMEOUT_MS = 4_000;

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const LIFETIME_S = 3600;
/** Renewed so long before its end, so that none ends on its way. */
const MARGIN_MS = 60_000;
/** Tokens kept; only files that change while Wayward runs make more than a few. */
const MAX_KEPT = 16;

interface Token {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly usableUntil: number;
}

const kept = new Map<string, Promise<Token>>();

/**
 * An access token for the account, kept until a minute before it ends.
 * @throws CallError where none can be had
 */
export async function accessToken(account: GcpAccount): Promise<string> {
  if (account.access_token !== undefined) return account.access_token.reveal();
  const id = idOf(account);
  const known = await kept.get(id);
  if (known !== undefined && Date.now() < known.usableUntil) return known.value;
  if (kept.size >= MAX_KEPT) kept.clear();
  const made = account.key === undefined ? fromMetadata(account.metadata_url) : fromFile(account.key.reveal());
  kept.set(id, made);
  try {
    return (await made).value;
  } catch (error) {
    kept.delete(id);
    throw error;
  }
}

/** The next call gets a new one: for a token that Google no longer takes. True if there is any hope in that. */
export function forgetToken(account: GcpAccount): boolean {
  return account.access_token === undefined && kept.delete(idOf(account));
}

const idOf = ({ key, metadata_url }: GcpAccount): string => key?.reveal() ?? metadata_url;

const federationSchema = z.looseObject({ type: z.literal(FEDERATED) });

async function fromFile(text: string): Promise<Token> {
  const federation = readJson(text, federationSchema);
  if (federation === undefined) return fromKey(text);
  const { value, expiresAt } = await federatedToken(federation, SCOPE, GCP_TIMEOUT_MS);
  return { value, usableUntil: expiresAt - MARGIN_MS };
}

const keySchema = z.object({
  type: z.string(),
  client_email: z.string(),
  private_key_id: z.string(),
  private_key: z.string(),
  token_uri: httpUrl(),
});

/**
 * A JWT that the key signs, for an access token: RFC 7523, section 2.1, in the form of
 * https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests
 */
async function fromKey(text: string): Promise<Token> {
  const { client_email, private_key_id, private_key, token_uri } = readKey(text);
  const iat = Math.floor(Date.now() / 1000);
  const signed = [
    { alg: 'RS256', typ: 'JWT', kid: private_key_id },
    { iss: client_email, scope: SCOPE, aud: token_uri, iat, exp: iat + LIFETIME_S },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(signed), readPem(private_key)).toString('base64url');
  const assertion = `${signed}.${signature}`;
  return requestToken(
    {
      service: 'Google token endpoint',
      url: token_uri,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString(),
      secrets: [assertion],
    },
    `the key ${private_key_id} of ${client_email} was disabled, deleted or replaced, or this machine's clock is wrong`,
  );
}

function readKey(text: string): z.infer<typeof keySchema> {
  const key = readJson(text, keySchema);
  if (key?.type === 'service_account') return key;
  const type = readJson(text, z.object({ type: z.string().regex(/^\w{1,64}$/) }))?.type;
  const what = type === undefined || type === 'service_account' ? 'is none, or lacks a field' : `is of type ${type}`;
  throw new CallError(
    `the key file for Google Cloud ${what}; use the JSON of a service-account key, or a configuration of workload identity federation`,
    false,
  );
}

function readPem(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new CallError('private_key in the key file for Google Cloud is damaged; copy the file anew', false);
  }
}

/** https://docs.cloud.google.com/compute/docs/access/authenticate-workloads#applications */
async function fromMetadata(metadataUrl: string): Promise<Token> {
  const elsewhere = 'outside of Google Cloud, set a key or an access token';
  try {
    return await requestToken(
      {
        service: 'metadata server',
        method: 'GET',
        url: new URL('/computeMetadata/v1/instance/service-accounts/default/token', metadataUrl).href,
        headers: { 'metadata-flavor': 'Google' },
        secrets: [],
      },
      'this machine has no service account',
    );
  } catch (error) {
    throw error instanceof CallError ? new CallError(`${error.message}; ${elsewhere}`, error.retryable) : error;
  }
}

const tokenSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.number(),
  token_type: z.literal('Bearer'),
});
/** RFC 6749, section 5.2. */
const errorSchema = z.object({ error: z.string().regex(/^\w{1,64}$/) });

async function requestToken(call: HttpRequest, whyRefused: string): Promise<Token> {
  const answer = await request({ ...call, timeoutMs: GCP_TIMEOUT_MS });
  if (answer.status !== 200) throw refusal(call.service, answer, whyRefused);
  const token = readJson(answer.text, tokenSchema);
  if (token === undefined) throw new CallError(`${call.service} answered without a token`, false);
  return { value: token.access_token, usableUntil: Date.now() + token.expires_in * 1000 - MARGIN_MS };
}

function refusal(service: string, { status, text }: HttpAnswer, whyRefused: string): CallError {
  const code = readJson(text, errorSchema)?.error;
  const isTransient = isTransientStatus(status);
  const said = `${service} answered ${status}${code === undefined ? '' : ` ${code}`}`;
  return new CallError(isTransient ? said : `${said}: ${whyRefused}`, isTransient);
}
