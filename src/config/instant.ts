import { z } from 'zod';

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Milliseconds since the epoch of an RFC 3339 time with its zone, or of a date (midnight UTC); undefined for anything
 * else, such as a time without a zone or the 30th of February (which `Date.parse` would turn into a day of March).
 */
export function parseInstant(text: string): number | undefined {
  const [, year, month, day] = INSTANT.exec(text) ?? [];
  if (year === undefined || Number(day) > daysIn(Number(year), Number(month))) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** The last day of its month, where only the day of a time is wrong, as of the 30th of February. */
export const dayInstead = (text: string): string | undefined => {
  const [, year = '', month = '', day = ''] = INSTANT.exec(text) ?? [];
  const most = daysIn(Number(year), Math.min(12, Math.max(1, Number(month))));
  const isThere = Number(day) >= 1 && Number(day) <= most && Number(month) >= 1 && Number(month) <= 12;
  if (year === '' || isThere) return undefined;
  return `${year}-${pad(Math.min(12, Math.max(1, Number(month))))}-${pad(Math.min(most, Math.max(1, Number(day))))}`;
};

const pad = (number: number): string => String(number).padStart(2, '0');

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

/** A point in time, read to milliseconds since the epoch. */
export const instantSchema = z.unknown().transform((written, context): number => {
  const time = typeof written === 'string' ? parseInstant(written) : undefined;
  if (time !== undefined) return time;
  const no = typeof written === 'string' ? dayInstead(written) : undefined;
  context.addIssue(
    no === undefined
      ? `is not a time with its zone; write ${guessInstant(written)}`
      : `is a day that no calendar has; write ${no}`,
  );
  return z.NEVER;
});

function guessInstant(written: unknown): string {
  const withZone = typeof written === 'string' ? `${written.trim().replace(' ', 'T')}Z` : '';
  return parseInstant(withZone) === undefined ? '2026-09-01T00:00:00Z (or 2026-09-01)' : withZone;
}
