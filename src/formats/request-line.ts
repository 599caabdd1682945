/** `GET /v1/orders HTTP/1.1`, taken apart. The target may hold spaces, which a client wrote: the first and the last space count. */
export interface RequestLine {
  readonly method: string;
  readonly target: string;
}

const METHOD = /^[A-Za-z][A-Za-z-]{0,31}$/;
const PROTOCOL = /^HTTP\/\d(?:\.\d)?$/;

/** Undefined where it is none, such as a TLS handshake to a plain port. */
export const requestLine = (text: string): RequestLine | undefined => {
  const first = text.indexOf(' ');
  const last = text.lastIndexOf(' ');
  const method = first === -1 ? '' : text.slice(0, first);
  if (!METHOD.test(method)) return undefined;
  const target =
    last > first && PROTOCOL.test(text.slice(last + 1)) ? text.slice(first + 1, last) : text.slice(first + 1);
  return target === '' ? undefined : { method, target };
};
