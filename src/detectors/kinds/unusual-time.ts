import { z } from 'zod';
import { wholeDays } from '../../baselines/principal.ts';
import { hourOfWeek } from '../../baselines/zone.ts';
import { defineKind } from '../detector.ts';
import { bitsText, dayCount, number } from '../words.ts';
import { tallyCheck, whoIs } from './bits-tally.ts';

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

const hourName = (hour: number, zone: string): string => {
  const bin = hourOfWeek(hour, zone);
  return `${DAYS[Math.floor(bin / 24)]} ${String(bin % 24).padStart(2, '0')}:00 ${zone}`;
};

const habit = (chance: number): string =>
  chance < 0.01 ? 'less than 1 % of the weeks' : `about ${number(chance * 100)} % of the weeks`;

/** Activity in hours of the week in which the principal is not active. */
export const unusualTime = defineKind({
  id: 'unusual-time',
  title:
    'Activity at hours of the week that are unusual for this principal and its peers; the longer it goes on, the more surprising.',
  trigger: 'raised',
  evidence: 'time',
  baseline: true,
  parameters: z.strictObject({}),
  check: () =>
    tallyCheck('night', (context, value, record) => {
      const { principal, seen } = context;
      return {
        subject: 'unusual hours',
        reason:
          `${whoIs(context)} goes on working at ${hourName(seen.hour, principal.zone)}, when it is active in ${habit(seen.chance)} ` +
          `(${dayCount(wholeDays(principal.state, seen.time))}); ${bitsText(value)} of unusual hours, at most ${number(record)} on the days before`,
        observed: Math.round(value),
        expected: Math.round(record),
        waits: true,
      };
    }),
});
