import { isObject } from '../json.ts';
import type { Envelope } from './envelope.ts';

const BRACE = 123;
const KEYS: ReadonlySet<string> = new Set(['log', 'stream', 'time', 'attrs']);
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not of this shape.
  }
};

/** Docker's `json-file`: lines over 16 KiB are split, and only the last part ends with a line end. */
export const docker: Envelope = {
  id: 'docker',
  title: "Docker's json-file log, split lines joined",
  unwrap(line) {
    if (line[0] !== BRACE) return undefined;
    const record = parsed(line.toString());
    if (!isObject(record) || !Object.keys(record).every((key) => KEYS.has(key))) return undefined;
    const { log, stream, time, attrs } = record;
    if (typeof log !== 'string' || typeof time !== 'string' || !TIME.test(time)) return undefined;
    if (stream !== 'stdout' && stream !== 'stderr') return undefined;
    if (attrs !== undefined && !isObject(attrs)) return undefined;
    const goesOn = !log.endsWith('\n');
    const text = goesOn ? log : log.slice(0, -1);
    return text.includes('\n') ? undefined : { text: Buffer.from(text), stream, goesOn };
  },
};
