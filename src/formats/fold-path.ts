/**
 * Folds identifiers in URL paths, so that `/v1/orders/8812` and `/v1/orders/8813` are one action.
 * One pass over the characters of a segment decides; nothing is remembered, so an inventive client costs no memory.
 */

const ID = '{id}';
const MAX_SEGMENTS = 12;
const MAX_SEGMENT_LENGTH = 64;

/**
 * Whether a segment is an identifier: a number, a date, hex of 8 or more with a digit (UUIDs, object ids), a run of 5 or more
 * digits, an e-mail address, or a random-looking token of 16 or more (ULID, base64url).
 * Version segments such as `v1` are not, nor are slugs such as `customer-report-2024`.
 */
const isId = (segment: string, start: number, end: number): boolean => {
  const length = end - start;
  let digits = 0;
  let digitRun = 0;
  let longestRun = 0;
  let hexLetters = 0;
  let upper = 0;
  let lower = 0;
  let dashes = 0;
  let others = 0;
  let at = 0;
  for (let i = start; i < end; i++) {
    const code = segment.charCodeAt(i);
    if (code >= 48 && code <= 57) {
      digits++;
      if (++digitRun > longestRun) longestRun = digitRun;
      continue;
    }
    digitRun = 0;
    if (code >= 97 && code <= 122) {
      lower++;
      if (code <= 102) hexLetters++;
    } else if (code >= 65 && code <= 90) {
      upper++;
      if (code <= 70) hexLetters++;
    } else if (code === 45 || code === 95) dashes++;
    else if (code === 64) at++;
    else others++;
  }
  if (digits === length || longestRun >= 5) return length > 0;
  if (at === 1 && length > 2) return true;
  if (digits === 0) return length >= 20 && dashes + others === 0 && looksShuffled(upper, lower);
  const letters = upper + lower;
  if (letters === 0) return true; // 2026-11-23, 10.4.0.1, 12:30
  if (others > 0) return false;
  if (length >= 8 && letters === hexLetters) return true;
  if (length < 16) return false;
  // ULIDs and lower-case tokens have no separators; base64url ones mix cases and digits.
  return dashes === 0 ? digits >= 2 : digits >= 2 && upper >= 2 && lower >= 2;
};

/** Upper and lower case in like measure: a random token, where camelCase has few capitals. */
const looksShuffled = (upper: number, lower: number): boolean => upper * 4 >= lower && lower * 4 >= upper;

const foldSegment = (path: string, start: number, end: number): string => {
  if (isId(path, start, end)) return ID;
  const dot = path.lastIndexOf('.', end);
  // `8812.json`, `3f2a…9c.pdf`: the ending tells more than the name.
  if (dot > start && end - dot <= 6 && isId(path, start, dot)) return ID + path.slice(dot, end);
  if (path.startsWith('[redacted:', start)) return ID;
  return path.slice(start, Math.min(end, start + MAX_SEGMENT_LENGTH));
};

/** Where the path ends and the query, fragment or path parameters (`;jsessionid=`) begin. */
const pathEnd = (path: string): number => {
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code === 63 || code === 35 || code === 59) return i;
  }
  return path.length;
};

/**
 * The template of a path: identifiers become `{id}`, at most 12 segments (the rest is `…`) of at most 64 characters,
 * without query. `/v1/orders/8812?x=1` gives `/v1/orders/{id}`. Works on paths without a leading slash, too.
 */
export const foldPath = (path: string): string => {
  const length = pathEnd(path);
  let out = '';
  let start = 0;
  for (let segments = 0; start <= length; segments++) {
    let stop = path.indexOf('/', start);
    if (stop === -1 || stop > length) stop = length;
    if (segments > MAX_SEGMENTS) return `${out}…`;
    out += foldSegment(path, start, stop);
    if (stop < length) out += '/';
    start = stop + 1;
  }
  return out;
};

/**
 * The path without query, percent-decoded once, so that `%38812` is a number and an encoded secret is seen for what it is.
 * What would change the path's shape (`/`, `?`, `#`, `;`) stays encoded, and so does a segment that is not validly encoded.
 */
export const decodePath = (raw: string): string => {
  const path = raw.slice(0, pathEnd(raw));
  return path.includes('%') ? path.split('/').map(decodeSegment).join('/') : path;
};

const decodeSegment = (segment: string): string => {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment).replace(/[/?#;]/g, encodeURIComponent);
  } catch {
    return segment; // Not valid percent-encoding: shown as it came.
  }
};
