import { parseTime, utc } from './time.ts';

/** Longer texts are no time. */
const MAX_TIME = 64;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** `2026-11-02T10:00:00.123Z`, `2026/11/02 10:00:00`, `20261102T100000Z`; the date, the clock, what follows. */
const ISO = /^(\d{4})([-/]?)(\d\d)\2(\d\d)[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,12}))?)?(.*)$/;
/** `02/Nov/2026:10:00:00 +0000`, the time of Common Log Format, mostly in brackets. */
const CLF = /^\[?(\d\d)\/([A-Za-z]{3})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?(.*?)\]?$/;
/** `Z`, `UTC`, `+0100`, `+01:00`, and Go's `+0000 UTC m=+0.1`. */
const ZONE = /^ ?(?:(Z|UTC|GMT)|([+-])(\d\d)(?::?(\d\d))?(?: [A-Za-z]{2,5}| [+-]\d{2,4})?)(?: m=[+-][\d.]{1,32})?$/i;

/** Minutes east of UTC; undefined without a zone, NaN for one that is unknown. */
const offsetOf = (zone: string): number | undefined => {
  if (zone === '') return undefined;
  const [, utcName, sign, hours = '0', minutes = '0'] = ZONE.exec(zone) ?? [];
  if (utcName !== undefined) return 0;
  if (sign === undefined) return Number.NaN;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
};

const milliseconds = (fraction: string | undefined): number =>
  fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'));

/** What the clock showed, as if it were UTC, and the zone's text behind it. */
const clockOf = (text: string): { local: number; zone: string } | undefined => {
  if (text.length > MAX_TIME) return undefined;
  const iso = ISO.exec(text);
  if (iso !== null) {
    const [, year, , month, day, hour, minute, second = '0', fraction, zone = ''] = iso;
    const at = utc(Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second));
    return { local: at + milliseconds(fraction), zone };
  }
  const clf = CLF.exec(text);
  if (clf === null) return undefined;
  const [, day, name = '', year, hour, minute, second, fraction, zone = ''] = clf;
  const month = MONTHS.indexOf(name.toLowerCase()) + 1;
  const at = utc(Number(year), month, Number(day), Number(hour), Number(minute), Number(second));
  return { local: at + milliseconds(fraction), zone };
};

/**
 * Milliseconds since the epoch of the forms of time that logs have; NaN where it is none. Digits beyond milliseconds are cut off.
 * @param fromLocal what a time without a zone means; without it, such a time is none
 */
export const readTime = (text: string, fromLocal?: (local: number) => number): number => {
  const usual = parseTime(text);
  if (!Number.isNaN(usual)) return usual;
  const clock = clockOf(text);
  if (clock === undefined) return Number.NaN;
  const offset = offsetOf(clock.zone);
  if (offset === undefined) return fromLocal?.(clock.local) ?? Number.NaN;
  return clock.local - offset * 60_000;
};

/** Whether only its zone is missing. */
export const lacksZone = (text: string): boolean => {
  const clock = clockOf(text);
  return clock !== undefined && !Number.isNaN(clock.local) && clock.zone === '';
};
