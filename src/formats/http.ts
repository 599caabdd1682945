import { BoundedCache } from '../bounded-cache.ts';
import type { Result } from '../event.ts';
import { foldPath, lastIdAt } from './fold-path.ts';

export const MAX_PATH = 512;
export const MAX_CLIENT = 256;
export const MAX_VALUE = 256;

/** What an HTTP status says about the credential (RFC 9110, 15): 401 and 407 reject it, 403 denies what it asked for. */
export const httpResult = (status: number): Result => {
  if (status < 400) return 'success';
  if (status === 401 || status === 407) return 'rejected';
  return status === 403 ? 'denied' : 'error';
};

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
export const httpAction = (method: string, path: string): string => {
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
