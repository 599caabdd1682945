import type { Ignored, Unusable } from './format.ts';

/** `GET /v1/orders HTTP/1.1`, taken apart. The target may hold spaces, which a client wrote: the first and the last space count. */
export interface RequestLine {
  /** As the client wrote it: any token is one (RFC 9110, 9.1), and servers hand on what they don't know. */
  readonly method: string;
  readonly target: string;
}

const METHOD = /^[!#$%&'*+.^`|~\w-]+$/;
/** nginx takes any number of digits (`HTTP/1.00001`), and spaces around each part. */
const PROTOCOL = /^HTTP\/\d+(?:\.\d+)?$/;
/** A method that a client makes up needs no more to be told from others. */
const MAX_METHOD = 64;

/** Undefined where it is none, such as a TLS handshake to a plain port. */
export const requestLine = (written: string): RequestLine | undefined => {
  const text = written.trimEnd();
  const first = text.indexOf(' ');
  const last = text.lastIndexOf(' ');
  const method = first === -1 ? '' : text.slice(0, first);
  if (!METHOD.test(method)) return undefined;
  const end = last > first && PROTOCOL.test(text.slice(last + 1)) ? last : text.length;
  const target = text.slice(first + 1, end).trim();
  return target === '' ? undefined : { method: method.slice(0, MAX_METHOD), target };
};

/** What becomes of a record without a request line: a probe that spoke no HTTP used no credential, but then no server answers that all is well. */
export const withoutRequest = (status: number | undefined): Ignored | Unusable =>
  status !== undefined && status >= 100 && status < 400
    ? {
        unusable: 'no-request-line',
        detail: 'The server answered, but what it was asked is no METHOD TARGET PROTOCOL.',
      }
    : { ignored: 'no-request' };
