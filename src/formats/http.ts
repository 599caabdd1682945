import { BoundedCache } from '../bounded-cache.ts';
import type { Proof, Result } from '../event.ts';
import { PROOF } from '../proof.ts';
import { foldPath, lastIdAt } from './fold-path.ts';

export const MAX_PATH = 512;
export const MAX_CLIENT = 256;
export const MAX_METHOD = 16;
export const MAX_VALUE = 256;

/** What an HTTP status says about the credential (RFC 9110, 15): 401 and 407 reject it, 403 denies what it asked for. */
export const httpResult = (status: number): Result => {
  if (status < 400) return 'success';
  if (status === 401 || status === 407) return 'rejected';
  return status === 403 ? 'denied' : 'error';
};

/** What the operator says of the identities in a source's records: `identity:` in wayward.yaml, `--identity`. */
export const IDENTITY_SOURCES = ['from-key-map', 'authenticated'] as const;
export type IdentitySource = (typeof IDENTITY_SOURCES)[number];

/** 401 and 407 (RFC 9110, 15.5.2 and 15.5.8): the name is the one of a login that failed. */
const isFailedLogin = (status: number): boolean => status === 401 || status === 407;

/**
 * Statuses that nginx gives before its `access` phase, whatever the configuration: redirects of a rewrite, malformed or too large requests,
 * methods that it does not know, limits of rate and connections, a client that left. Its log has the name that the request claims all the same.
 */
const BEFORE_AUTHENTICATION: ReadonlySet<number> = new Set([
  ...[301, 302, 303, 307, 308],
  ...[400, 405, 408, 411, 413, 414, 417, 421, 429, 431, 444],
  ...[494, 495, 496, 497, 498, 499, 501, 503, 505],
]);

/**
 * How far an HTTP record proves the identity that it holds, by its status and by what the operator says of the source.
 * @param silent the proof where the operator says nothing
 */
export const httpProof = (status: number, identity: IdentitySource | undefined, silent: Proof): Proof => {
  if (identity === 'from-key-map') return PROOF.keyMap;
  if (isFailedLogin(status)) return PROOF.failed;
  if (identity === undefined) return silent;
  return BEFORE_AUTHENTICATION.has(status) ? PROOF.beforeAuthentication : PROOF.authenticated;
};

/** As `httpProof`, for what stands in the request itself, where no key map could have put it. */
export const requestProof = (status: number, identity: IdentitySource | undefined): Proof =>
  httpProof(status, identity === 'authenticated' ? identity : undefined, PROOF.request);

/** A part of a text keeps the whole of it in memory (V8 shares it), a copy does not. Exact for what has been `shown`. */
const ownCopy = (text: string): string => Buffer.from(text).toString();

interface Folded {
  readonly method: string;
  readonly action: string;
}

/** Paths folded last: by what stands before an identifier at their end, and the others whole. */
const beforeId = new BoundedCache<Folded>(2_048);
const whole = new BoundedCache<Folded>(2_048);

/** `GET /v1/orders/{id}`, from a path that is already redacted. Remembered, since few actions make up most of a log. */
export const httpAction = (written: string, path: string): string => {
  // Servers that take `delete` do what DELETE does.
  const method = written.toUpperCase();
  const id = lastIdAt(path);
  const known = id === -1 ? whole : beforeId;
  const key = id === -1 ? path : path.slice(0, id);
  const folded = known.get(key);
  if (folded !== undefined && folded.method === method) return folded.action;
  const action = `${method} ${foldPath(path)}`;
  known.set(ownCopy(key), { method, action: ownCopy(action) });
  return action;
};

/** The trace id inside a W3C `traceparent` (`00-TRACE-SPAN-FLAGS`); the whole text where it is of another form. */
export const traceIdOf = (traceparent: string): string =>
  traceparent.length === 55 && traceparent.charCodeAt(2) === 45 && traceparent.charCodeAt(35) === 45
    ? traceparent.slice(3, 35)
    : traceparent;
