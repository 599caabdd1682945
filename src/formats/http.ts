import type { Result } from '../event.ts';
import { foldPath } from './fold-path.ts';

export const MAX_PATH = 512;
export const MAX_CLIENT = 256;
export const MAX_VALUE = 256;

/** What an HTTP status says about the credential (RFC 9110, 15): 401 and 407 reject it, 403 denies what it asked for. */
export const httpResult = (status: number): Result => {
  if (status < 400) return 'success';
  if (status === 401 || status === 407) return 'rejected';
  return status === 403 ? 'denied' : 'error';
};

/** `GET /v1/orders/{id}`, from a path that is already redacted. */
export const httpAction = (method: string, path: string): string => `${method} ${foldPath(path)}`;

/** The trace id inside a W3C `traceparent` (`00-TRACE-SPAN-FLAGS`); the whole text where it is of another form. */
export const traceIdOf = (traceparent: string): string =>
  traceparent.length === 55 && traceparent.charCodeAt(2) === 45 && traceparent.charCodeAt(35) === 45
    ? traceparent.slice(3, 35)
    : traceparent;
