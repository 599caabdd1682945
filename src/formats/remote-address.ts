/**
 * The address that a server says it saw: of a list (`X-Forwarded-For` with the server's own entry) the last, since whoever sent the request
 * wrote those before it; without port, brackets and zone. Anything else stays what it is.
 */
export const remoteAddress = (written: string): string => {
  if (!/[,:%[ ]/.test(written)) return written;
  const last = written.slice(written.lastIndexOf(',') + 1).trim();
  const inBrackets = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(last)?.[1];
  return (inBrackets ?? last.replace(/^([^:]*):\d{1,5}$/, '$1')).replace(/%.*$/, '');
};
