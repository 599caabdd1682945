import { chance, poisson, type Random, uniform } from './random.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** When an agent starts its runs. */
export type Schedule =
  | { readonly kind: 'office'; readonly zone: string; readonly fromHour: number; readonly toHour: number }
  | { readonly kind: 'always-on'; readonly zone: string }
  | { readonly kind: 'cron'; readonly zone: string; readonly everyMinutes: number; readonly atMinute: number };

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clocks of a zone are ahead by on a UTC day, milliseconds; undefined on a day on which that changes. */
const wholeDays = new Map<string, Map<number, number | undefined>>();

/** How far the clocks of that zone are ahead of UTC then, milliseconds. */
function offset(time: number, zone: string): number {
  let days = wholeDays.get(zone);
  if (days === undefined) {
    days = new Map();
    wholeDays.set(zone, days);
  }
  const day = Math.floor(time / DAY);
  if (!days.has(day)) {
    const atFirst = readOffset(day * DAY, zone);
    days.set(day, readOffset((day + 1) * DAY, zone) === atFirst ? atFirst : undefined);
  }
  return days.get(day) ?? readOffset(time, zone);
}

function readOffset(time: number, zone: string): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  const name = format.formatToParts(time).find((part) => part.type === 'timeZoneName')?.value ?? '';
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT([+-])(\d+):(\d+)/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * MINUTE);
}

/**
 * The moment when clocks in `zone` show `local` (milliseconds, written as if it were UTC).
 * In the hour that a change to summer time skips, the moment an hour later on the clock.
 */
export function fromLocal(local: number, zone: string): number {
  const near = local - offset(local, zone);
  return local - offset(near, zone);
}

/** The minutes of a day in which it usually works: what "its usual rate" is a rate over. */
export function activeMinutes(schedule: Schedule): number {
  if (schedule.kind === 'office') return (schedule.toHour - schedule.fromHour) * 60;
  return schedule.kind === 'always-on' ? 1_440 : (1_440 / schedule.everyMinutes) * 5;
}

/**
 * When the runs of one local date start, sorted; `date` is its midnight written as if it were UTC.
 * `runs` is the mean number a working day; a cron job runs when its table says.
 */
export function runStarts(schedule: Schedule, date: number, runs: number, random: Random): number[] {
  const minutes = schedule.kind === 'cron' ? cronMinutes(schedule, random) : looseMinutes(schedule, date, runs, random);
  return minutes.map((minute) => fromLocal(Math.round(date + minute * MINUTE), schedule.zone)).sort((a, b) => a - b);
}

/** Starts a few seconds after its time, and once in a while not at all. */
function cronMinutes(schedule: Schedule & { kind: 'cron' }, random: Random): number[] {
  const minutes: number[] = [];
  for (let minute = schedule.atMinute; minute < 1_440; minute += schedule.everyMinutes) {
    if (chance(random, 0.005)) continue;
    minutes.push(minute + uniform(random, 0.01, 0.4));
  }
  return minutes;
}

function looseMinutes(schedule: Exclude<Schedule, { kind: 'cron' }>, date: number, runs: number, random: Random) {
  const weekday = new Date(date).getUTCDay();
  if (schedule.kind === 'office' && (weekday === 0 || weekday === 6)) return [];
  const [from, to] = schedule.kind === 'office' ? [schedule.fromHour, schedule.toHour] : [0, 24];
  return Array.from({ length: poisson(random, runs) }, () => {
    for (;;) {
      const hour = uniform(random, from, to);
      if (chance(random, busyness(schedule, hour))) return hour * 60;
    }
  });
}

/** How busy that hour is, 0 … 1: offices pause for lunch; what is always on is busier by day. */
function busyness(schedule: Schedule, hour: number): number {
  if (schedule.kind === 'office') return hour >= 12 && hour < 13 ? 0.4 : 1;
  return 0.75 - 0.25 * Math.cos((2 * Math.PI * (hour - 3)) / 24);
}
