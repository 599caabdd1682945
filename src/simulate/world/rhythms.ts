import { chance, choice, exponential, integer, logNormal, poisson, type Random, uniform } from '../random.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../schedule.ts';

/** When an agent works, in its zone's local time. */
export type Rhythm =
  /** With people: `weekend` is that day's share of work, `late` the share of evenings that go on. */
  | {
      readonly kind: 'office';
      readonly from: number;
      readonly to: number;
      readonly weekend: number;
      readonly late: number;
    }
  /** Around the clock; `night` is the share of work at its quietest. */
  | { readonly kind: 'steady'; readonly night: number }
  | { readonly kind: 'poll'; readonly everySeconds: number; readonly jitter: number }
  /** A job of many tasks in a row: each day, one weekday (1 is Monday), or one day of the month (0 is the last). */
  | { readonly kind: 'job'; readonly hour: number; readonly weekday?: number; readonly monthday?: number }
  /** Some days nothing, some days a few campaigns of tasks, at any hour. */
  | { readonly kind: 'spiky' }
  /** Office hours, and calls at night in the weeks when it is this member's turn. */
  | { readonly kind: 'on-call'; readonly from: number; readonly to: number }
  /** At work for the first days, then left there. */
  | { readonly kind: 'left'; readonly days: number };

export interface RhythmDay {
  /** Midnight of the local date, written as if it were UTC. */
  readonly date: number;
  /** The day's number in the world. */
  readonly day: number;
  /** Mean number of tasks. */
  readonly tasks: number;
  /** Whose turn it is: the member's place in its group, of how many. */
  readonly index: number;
  readonly members: number;
}

/** Local times (milliseconds as if UTC) at which tasks start on a local date. */
export function startsOf(rhythm: Rhythm, about: RhythmDay, random: Random): number[] {
  const { date, tasks } = about;
  const weekday = new Date(date).getUTCDay();
  switch (rhythm.kind) {
    case 'office':
      return officeStarts(rhythm, date, tasks * (weekday % 6 === 0 ? rhythm.weekend : 1), random);
    case 'on-call': {
      const starts = officeStarts({ ...rhythm, late: 0.03 }, date, tasks * (weekday % 6 === 0 ? 0.05 : 1), random);
      const isTheirTurn = Math.floor(date / (7 * DAY)) % about.members === about.index;
      if (isTheirTurn && chance(random, 0.35))
        starts.push(...chain(date + uniform(random, 0, 24) * HOUR, integer(random, 3, 12), 4 * MINUTE, random));
      return starts;
    }
    case 'steady':
      return Array.from({ length: poisson(random, tasks) }, () => {
        for (;;) {
          const hour = uniform(random, 0, 24);
          const busy = (1 + rhythm.night) / 2 - ((1 - rhythm.night) / 2) * Math.cos((2 * Math.PI * (hour - 3)) / 24);
          if (chance(random, busy)) return date + hour * HOUR;
        }
      });
    case 'poll': {
      const starts: number[] = [];
      for (
        let at = date + uniform(random, 0, rhythm.everySeconds) * SECOND;
        at < date + DAY;
        at += rhythm.everySeconds * SECOND * (1 + rhythm.jitter * (random() - 0.5))
      )
        starts.push(at);
      return starts;
    }
    case 'job': {
      const { hour, weekday: on, monthday } = rhythm;
      if (on !== undefined && on !== weekday) return [];
      if (monthday !== undefined && monthdayOf(date) !== monthday) return [];
      return chain(
        date + hour * HOUR + uniform(random, 0, 6) * MINUTE,
        Math.max(1, poisson(random, tasks)),
        8 * SECOND,
        random,
      );
    }
    case 'spiky': {
      const starts: number[] = [];
      for (let left = choice(random, [0, 0, 0, 1, 1, 2, 3, 6, 12]); left > 0; left -= 1)
        starts.push(
          ...chain(date + uniform(random, 0, 24) * HOUR, Math.max(1, poisson(random, tasks / 3)), 2 * MINUTE, random),
        );
      return starts;
    }
    case 'left':
      return about.day < rhythm.days
        ? chain(date + uniform(random, 9, 16) * HOUR, Math.max(1, poisson(random, tasks)), 5 * MINUTE, random)
        : [];
  }
}

/** Requests come in conversations: somebody asks, and asks again. */
function officeStarts({ from, to, late }: Hours, date: number, tasks: number, random: Random): number[] {
  const starts: number[] = [];
  const end = chance(random, late) ? to + uniform(random, 1, 3.5) : to;
  const opening = from + uniform(random, -0.3, 0.5);
  for (let left = poisson(random, tasks / 2.2); left > 0; left -= 1) {
    const hour = uniform(random, opening, end);
    if (hour >= 12 && hour < 13 && chance(random, 0.55)) continue;
    starts.push(...chain(date + hour * HOUR, 1 + poisson(random, 1.2), 6 * MINUTE, random));
  }
  return starts;
}

interface Hours {
  readonly from: number;
  readonly to: number;
  /** How often an evening goes on. */
  readonly late: number;
}

/** Tasks one after the other. */
function chain(start: number, count: number, meanGap: number, random: Random): number[] {
  const starts: number[] = [];
  let at = start;
  for (let i = 0; i < count; i += 1) {
    starts.push(at);
    at += exponential(random, meanGap) * logNormal(random, 0.5);
  }
  return starts;
}

/** The day of the month; 0 for the last one. */
function monthdayOf(date: number): number {
  const tomorrow = new Date(date + DAY).getUTCDate();
  return tomorrow === 1 ? 0 : new Date(date).getUTCDate();
}
