/**
 * Folds identifiers in URL paths, so that `/v1/orders/8812` and `/v1/orders/8813` are one action.
 * One pass over the characters of a segment decides; nothing is remembered, so an inventive client costs no memory.
 */

const ID = '{id}';
const MAX_SEGMENTS = 12;
const MAX_SEGMENT_LENGTH = 64;
/** Characters of a file name's ending with its dot. */
const MAX_ENDING = 6;
const DOT = 46;
const SLASH = 47;

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

/** Where the last dot of a segment is, if a short ending follows it; else -1. */
const endingOf = (path: string, start: number, end: number): number => {
  for (let i = end - 1; i > start && end - i <= MAX_ENDING; i--) if (path.charCodeAt(i) === DOT) return i;
  return -1;
};

/** What stands in the place of a segment; undefined where it stays as it is. */
const replacementOf = (path: string, start: number, end: number): string | undefined => {
  if (isId(path, start, end)) return ID;
  const dot = endingOf(path, start, end);
  // `8812.json`, `3f2a…9c.pdf`: the ending tells more than the name.
  if (dot !== -1 && isId(path, start, dot)) return ID + path.slice(dot, end);
  if (path[start] === '[' && path.startsWith('[redacted:', start)) return ID;
  return end - start > MAX_SEGMENT_LENGTH ? path.slice(start, start + MAX_SEGMENT_LENGTH) : undefined;
};

/** `?`, `#` and `;`. */
const isPathEnd = (code: number): boolean => code === 63 || code === 35 || code === 59;

/** Where the path ends and the query, fragment or path parameters (`;jsessionid=`) begin. */
const pathEnd = (path: string): number => {
  for (let i = 0; i < path.length; i++) {
    if (isPathEnd(path.charCodeAt(i))) return i;
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
  /** What stands before it is in `out`. */
  let done = 0;
  let start = 0;
  for (let segments = 0; start <= length; segments++) {
    if (segments > MAX_SEGMENTS) return `${out}${path.slice(done, start)}…`;
    let stop = path.indexOf('/', start);
    if (stop === -1 || stop > length) stop = length;
    const replacement = replacementOf(path, start, stop);
    if (replacement !== undefined) {
      out += path.slice(done, start) + replacement;
      done = stop;
    }
    start = stop + 1;
  }
  return out + path.slice(done, length);
};

/** Where the last segment starts if it is an identifier: then what stands before decides how the path is folded; else -1. */
export const lastIdAt = (path: string): number => {
  let start = 0;
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code === SLASH) start = i + 1;
    else if (isPathEnd(code)) return -1;
  }
  return isId(path, start, path.length) ? start : -1;
};

/**
 * The path that a server takes a target for: without query and parameters of its segments, percent-decoded once, so that `%38812` is a number and an
 * encoded secret is seen for what it is, and without dots that lead elsewhere. What would change the path's shape (`/`, `?`, `#`, `;`) stays
 * encoded, and so does a segment that is not validly encoded.
 */
export const decodePath = (raw: string): string => {
  const end = raw.search(/[?#]/);
  const path = (end === -1 ? raw : raw.slice(0, end)).replace(/;[^/]*/g, '');
  const decoded = path.includes('%') ? path.split('/').map(decodeSegment).join('/') : path;
  return DOTS.test(decoded) ? withoutDots(decoded) : decoded;
};

/** Whether `decodePath` leaves it as it is; of most paths told at once. */
export const isPlainPath = (path: string): boolean => !MAY_CHANGE.test(path);
const MAY_CHANGE = /[%;?#]|\/\.|^\./;

/** `.` and `..` between slashes, also encoded ones: nginx takes those for slashes, too. */
const DOTS = /(?:^|\/|%2F)\.{1,2}(?:\/|%2F|$)/i;
const BEFORE_PATH = /^(?:[a-z][a-z\d+.-]*:\/\/[^/]*)?\/?/i;

/** As servers resolve it (RFC 3986, 5.2.4), which take several slashes for one. */
const withoutDots = (path: string): string => {
  const root = BEFORE_PATH.exec(path)?.[0] ?? '';
  const segments = path.slice(root.length).split(/\/|%2F/i);
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '.' && segment !== '') kept.push(segment);
  }
  const isFolder = /^\.{0,2}$/.test(segments.at(-1) ?? '');
  return root + kept.join('/') + (isFolder && kept.length > 0 ? '/' : '');
};

const decodeSegment = (segment: string): string => {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment).replace(/[/?#;]/g, encodeURIComponent);
  } catch {
    return segment; // Not valid percent-encoding: shown as it came.
  }
};
