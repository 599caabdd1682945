import { HOUR } from './series.ts';

const formatters = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();
const MOST_OFFSETS = 10_000;

const formatter = (zone: string): Intl.DateTimeFormat => {
  const known = formatters.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  formatters.set(zone, made);
  return made;
};

/** Offset of local time from UTC in whole hours, in the hour (since the epoch) `hour`; half-hour zones are rounded down. */
const offsetHours = (zone: string, hour: number): number => {
  if (zone === 'UTC') return 0;
  const key = `${zone} ${hour}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const name =
    formatter(zone)
      .formatToParts(hour * HOUR)
      .find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  const offset = Number(/GMT([+-]\d+)/.exec(name)?.[1] ?? 0);
  if (offsets.size >= MOST_OFFSETS) offsets.clear();
  offsets.set(key, offset);
  return offset;
};

/** Hour of the week in local time, 0 = Monday 00:00 … 167, of the hour (since the epoch) `hour`. */
export const hourOfWeek = (hour: number, zone: string): number => {
  // The epoch was a Thursday: 72 hours after Monday 00:00.
  return (((hour + offsetHours(zone, hour) + 72) % 168) + 168) % 168;
};
