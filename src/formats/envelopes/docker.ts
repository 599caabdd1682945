import { isObject } from '../json.ts';
import type { Envelope } from './envelope.ts';

const BRACE = 123;
const LF = 10;
/** Bytes after which Docker splits a line. */
const SPLIT_AT = 16 * 1024;
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
    const text = Buffer.from(log.replace(/\n$/, ''));
    // A shipper may have taken the line end away: only as long as that it is a part.
    const goesOn = !log.endsWith('\n') && text.length >= SPLIT_AT;
    return text.includes(LF) ? undefined : { text, stream, goesOn };
  },
};
