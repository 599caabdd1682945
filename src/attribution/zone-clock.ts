/** Minutes in a week; minute 0 is Monday 00:00 local time. */
export const MINUTES_PER_WEEK = 7 * 24 * 60;
const MINUTE = 60_000;
/** Every zone's offset is a multiple of 15 minutes and changes on a quarter of an hour, so one look-up serves for one. */
const SLOT = 15 * MINUTE;
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Local minute of the week (0 … 10,079) of a time in milliseconds since the epoch. */
export type ZoneClock = (time: number) => number;

const clocks = new Map<string, ZoneClock>();

/** Whether the runtime's time zone database knows this zone. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * The clock on the wall of an IANA zone such as `Europe/Berlin`, right through changes of daylight saving time.
 * @throws RangeError if the zone is unknown
 */
export function zoneClock(zone: string): ZoneClock {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const clock = makeClock(zone);
  clocks.set(zone, clock); // bounded: only configuration names zones
  return clock;
}

function makeClock(zone: string): ZoneClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  let slotStart = Number.NaN;
  let minuteAtStart = 0;
  return (time) => {
    const start = Math.floor(time / SLOT) * SLOT;
    if (start !== slotStart) {
      minuteAtStart = minuteOfWeek(format, start);
      slotStart = start;
    }
    return minuteAtStart + Math.floor((time - start) / MINUTE);
  };
}

function minuteOfWeek(format: Intl.DateTimeFormat, time: number): number {
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
  const day = WEEKDAYS.indexOf(parts.get('weekday') ?? 'Mon');
  return (day * 24 + Number(parts.get('hour'))) * 60 + Number(parts.get('minute'));
}
