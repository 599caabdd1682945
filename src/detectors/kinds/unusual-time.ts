import { z } from 'zod';
import { holdHour } from '../../baselines/hours.ts';
import { holdQuiet, isQuietHeld } from '../../baselines/learn.ts';
import { ageInDays } from '../../baselines/principal.ts';
import { hourOfWeek } from '../../baselines/zone.ts';
import { defineKind } from '../detector.ts';
import { severityRank } from '../finding.ts';
import { bitsText, number } from '../words.ts';

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

const hourName = (hour: number, zone: string): string => {
  const bin = hourOfWeek(hour, zone);
  return `${DAYS[Math.floor(bin / 24)]} ${String(bin % 24).padStart(2, '0')}:00 ${zone}`;
};

const habit = (share: number): string => (share < 0.01 ? 'never was' : `was in ${number(share * 100)} % of the weeks`);

/** Activity in an hour of the week in which the principal is not active. */
export const unusualTime = defineKind({
  id: 'unusual-time',
  title:
    'Activity in an hour of the week that is quiet for this principal; the longer it goes on within the hour, the more surprising.',
  trigger: 'quiet-hour',
  baseline: true,
  parameters: z.strictObject({}),
  check:
    () =>
    ({ at, principal, seen }, report) => {
      if (seen.quiet === undefined) return;
      const keep = (critical: boolean): void => {
        if (!holdQuiet(principal, seen, critical)) holdHour(principal.state);
      };
      if (isQuietHeld(principal, seen)) return keep(false);
      const { bits, cells, passes, activePasses } = seen.quiet;
      const who = at.attribution.credential?.agent ?? principal.name;
      report({
        bits,
        subject: 'quiet hour',
        reason:
          `${who} was active in ${cells * 5} minutes of the hour at ${hourName(seen.hour, principal.zone)}, ` +
          `where it ${habit(activePasses / passes)} in ${ageInDays(principal.state, seen.time)} days; ${bitsText(bits)}`,
        observed: cells * 5,
        expected: 0,
        window: 3_600_000,
        held: (severity) => {
          if (severityRank(severity) >= severityRank('medium')) keep(severity === 'critical');
        },
      });
    },
});
