import { isZone, MINUTES_PER_WEEK, zoneClock } from './zone-clock.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const MINUTES_PER_DAY = 24 * 60;
const SCHEDULE = /^([a-z,-]+)\s+(\d\d):(\d\d)-(\d\d):(\d\d)\s+(\S+)$/i;

/** When a credential may be used, as its owner declared it. */
export interface Schedule {
  /** Whether a time (milliseconds since the epoch) lies within; the start counts, the end does not. */
  isWithin(time: number): boolean;
}

/**
 * Reads `Mon-Fri 06:00-20:00 Europe/Berlin`. Days are a day, a range or a list (`Mon,Wed,Fri`); hours that end before
 * they begin (`22:00-06:00`) run into the next day; the zone is an IANA name or `UTC`.
 * @returns the schedule, or one phrase that says what is wrong and what to write
 */
export function parseSchedule(text: string): Schedule | string {
  const [, dayText = '', fromHour, fromMinute, toHour, toMinute, zone = ''] = SCHEDULE.exec(text.trim()) ?? [];
  if (zone === '') return 'is not a schedule with its zone; write hours: "Mon-Fri 06:00-20:00 Europe/Berlin"';
  const days = parseDays(dayText.toLowerCase());
  if (days === undefined) return 'has unknown days; write days as Mon-Fri or Mon,Wed,Sun';
  const from = minuteOfDay(fromHour, fromMinute);
  const to = minuteOfDay(toHour, toMinute);
  if (from === undefined || to === undefined || from === to || from === MINUTES_PER_DAY) {
    return 'has hours that are not on the clock; write hours as 06:00-20:00 (00:00-24:00 for the whole day)';
  }
  if (!isZone(zone)) return 'names an unknown time zone; write an IANA name such as Europe/Berlin or UTC';
  const allowed = allowedMinutes(days, from, to);
  const clock = zoneClock(zone);
  return { isWithin: (time) => allowed[clock(time)] === 1 };
}

/** One entry a minute of the week: 1 = allowed. */
function allowedMinutes(days: readonly number[], from: number, to: number): Uint8Array {
  const allowed = new Uint8Array(MINUTES_PER_WEEK);
  const length = to > from ? to - from : MINUTES_PER_DAY - from + to;
  for (const day of days) {
    const start = day * MINUTES_PER_DAY + from;
    for (let minute = start; minute < start + length; minute++) allowed[minute % MINUTES_PER_WEEK] = 1;
  }
  return allowed;
}

function parseDays(text: string): number[] | undefined {
  const days: number[] = [];
  for (const part of text.split(',')) {
    const [first = '', last = first, ...rest] = part.split('-');
    const from = DAYS.indexOf(first);
    const to = DAYS.indexOf(last);
    if (from < 0 || to < 0 || rest.length > 0) return undefined;
    const count = ((to - from + 7) % 7) + 1;
    for (let step = 0; step < count; step++) days.push((from + step) % 7);
  }
  return days;
}

function minuteOfDay(hour: string | undefined, minute: string | undefined): number | undefined {
  const total = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && total <= MINUTES_PER_DAY ? total : undefined;
}
