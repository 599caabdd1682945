import type { Spans } from './found-span.ts';

/** Secret keys of AWS that stand alone: 40 characters of base64, without anything that names them. */

const LENGTH = 40;
const RUN = /[A-Za-z0-9+/]{40,}/g;
/** In 40 random characters about 25 neighbours differ in kind; in paths and words far fewer. */
const LEAST_CHANGES = 14;
/** Lower-case letters in rows of four or more: about 3 of 40 in random ones, most of a word. */
const MOST_IN_WORDS = 12;

export const findBareKeys = (text: string, spans: Spans): void => {
  for (const { index, 0: run } of text.matchAll(RUN)) {
    if (/[\w=-]/.test(text[index + run.length] ?? ' ') || /[\w-]/.test(text[index - 1] ?? ' ')) continue;
    // A slash may divide the key from the path that it stands in.
    for (let at = 0; at !== -1 && at + LENGTH <= run.length; at = nextSegment(run, at)) {
      const ends = at + LENGTH === run.length || run[at + LENGTH] === '/';
      if (!ends || !isKey(run.slice(at, at + LENGTH))) continue;
      if (!spans.add('aws-key', index + at, run.slice(at, at + LENGTH))) return;
      break;
    }
  }
};

const nextSegment = (run: string, at: number): number => {
  const slash = run.indexOf('/', at);
  return slash === -1 ? -1 : slash + 1;
};

const kindOf = (code: number): number => (code >= 97 ? 1 : code >= 65 ? 2 : code >= 48 ? 3 : 4);

const isKey = (text: string): boolean => {
  const counts = [0, 0, 0, 0, 0];
  let changes = 0;
  let inWords = 0;
  let row = 0;
  let last = 0;
  for (let i = 0; i < text.length; i++) {
    const kind = kindOf(text.charCodeAt(i));
    counts[kind] = (counts[kind] ?? 0) + 1;
    if (kind !== last) changes++;
    row = kind === 1 ? row + 1 : 0;
    inWords += row === 4 ? 4 : row > 4 ? 1 : 0;
    last = kind;
  }
  const [, lower = 0, upper = 0, digits = 0] = counts;
  if (lower < 4 || upper < 4 || digits === 0 || changes < LEAST_CHANGES || inWords > MOST_IN_WORDS) return false;
  return !isText(Buffer.from(text, 'base64'));
};

/** Whether bytes are printable ASCII nearly throughout: then the base64 was of a text. */
const isText = (bytes: Buffer): boolean =>
  bytes.filter((byte) => byte >= 32 && byte < 127).length > bytes.length * 0.85;
