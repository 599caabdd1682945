import type { Envelope } from './envelope.ts';

/** Vault's file and syslog devices with `prefix="@cee: "`, and others that send JSON through syslog. */
export const cee: Envelope = {
  id: 'cee',
  title: 'the cookie `@cee:` before JSON',
  unwrap(line) {
    const found = /^@cee: ?(?=\{)/.exec(line.toString('latin1', 0, 8));
    return found === null ? undefined : { text: line.subarray(found[0].length), stream: '' };
  },
};
