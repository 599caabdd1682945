/**
 * Timestamps of logs, read by hand because `Date.parse` accepts too much (local times, two-digit years) and costs more.
 * Syntax: RFC 3339 with `T` or a space, and PostgreSQL's `2026-11-23 12:01:57.883 UTC`.
 */

const ZERO = 48;

const digits = (text: string, at: number, count: number): number => {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
};

const isDigitAt = (text: string, at: number): boolean => {
  const digit = text.charCodeAt(at) - ZERO;
  return digit >= 0 && digit <= 9;
};

/** Minutes east of UTC that `text` ends with from `at`; NaN where it is no offset and no name of UTC. */
const offsetMinutes = (text: string, at: number): number => {
  const zone = text.charCodeAt(at) === 32 ? text.slice(at + 1) : text.slice(at);
  if (zone === 'Z' || zone === 'UTC' || zone === 'GMT' || zone === 'z') return 0;
  const sign = zone.charCodeAt(0) === 43 ? 1 : zone.charCodeAt(0) === 45 ? -1 : Number.NaN;
  const hours = digits(zone, 1, 2);
  if (zone.length === 3) return sign * hours * 60;
  const minutesAt = zone.charCodeAt(3) === 58 ? 4 : 3;
  const minutes = digits(zone, minutesAt, 2);
  return zone.length === minutesAt + 2 && minutes < 60 ? sign * (hours * 60 + minutes) : Number.NaN;
};

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Milliseconds since the epoch of year, month 1-12, …; NaN where one is out of range. Second 60 is a leap second. */
export const utc = (year: number, month: number, day: number, hour: number, minute: number, second: number): number =>
  day >= 1 && day <= (DAYS[month - 1] ?? 0) && hour <= 23 && minute <= 59 && second <= 60 && year >= 1970
    ? Date.UTC(year, month - 1, day, hour, minute, second)
    : Number.NaN;

/**
 * Milliseconds since the epoch; digits beyond milliseconds are cut off.
 * NaN where the text is no timestamp, lies before 1970, or has a zone that is neither UTC nor an offset.
 */
export const parseTime = (text: string): number => {
  if (
    text.charCodeAt(4) !== 45 ||
    text.charCodeAt(7) !== 45 ||
    text.charCodeAt(13) !== 58 ||
    text.charCodeAt(16) !== 58
  ) {
    return Number.NaN;
  }
  const seconds = utc(
    digits(text, 0, 4),
    digits(text, 5, 2),
    digits(text, 8, 2),
    digits(text, 11, 2),
    digits(text, 14, 2),
    digits(text, 17, 2),
  );
  let at = 19;
  let millis = 0;
  if (text.charCodeAt(at) === 46) {
    let scale = 100;
    for (at++; isDigitAt(text, at); at++) {
      millis += Math.trunc(scale) * (text.charCodeAt(at) - ZERO);
      scale /= 10;
    }
  }
  return seconds + millis - offsetMinutes(text, at) * 60_000;
};

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** `23/Nov/2026:12:03:18 +0000` in milliseconds since the epoch, NaN where it is something else. */
const parseClf = (text: string): number => {
  const parts = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/.exec(text);
  if (parts === null) return Number.NaN;
  const [, day, name = '', year, hour, minute, second, sign, hours, minutes] = parts;
  const month = MONTHS.indexOf(name) / 3 + 1;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  const local = utc(Number(year), month, Number(day), Number(hour), Number(minute), Number(second));
  return local - offset * 60_000;
};

/** A web server's time: `$time_local` or `$time_iso8601`. */
export const parseServerTime = (text: string): number => (text.charAt(2) === '/' ? parseClf(text) : parseTime(text));

/** Why `parseTime` gave NaN, for a person. */
export const timeProblem = (text: string): string => {
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,12})?)?$/.test(text))
    return 'The timestamp names no zone: have the server write one, such as Z or +01:00.';
  const zone = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,12})? ([A-Za-z]{2,6})$/.exec(text)?.[1];
  return zone === undefined
    ? 'The timestamp is not of the form 2026-11-23 12:01:57.883 UTC or 2026-11-23T12:01:57Z.'
    : `The timestamp is in zone ${zone}; only UTC and numeric offsets are exact. In PostgreSQL set log_timezone = 'UTC', or write here what the server has: log_timezone: in wayward.yaml, or --log-timezone.`;
};
