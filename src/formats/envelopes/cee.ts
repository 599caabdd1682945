import type { Envelope } from './envelope.ts';

/** The cookie `@cee:`, or another word: no log of JSON begins a line with one, and no client writes what begins a line. */
const WORD = /^(?:[\w.:@[\]-]{1,48}: ?|[\w.:@[\]-]{1,48} )(?=\{")/;
/** Longer than the word. */
const HEAD = 64;

/** Vault's audit devices with their option `prefix`, such as `@cee: `, and others that send JSON through syslog. */
export const cee: Envelope = {
  id: 'cee',
  title: "a word before JSON, such as `@cee:` (Vault's `prefix`)",
  unwrap(line) {
    const found = WORD.exec(line.toString('latin1', 0, HEAD));
    return found === null ? undefined : { text: line.subarray(found[0].length), stream: '' };
  },
};
