import { z } from 'zod';
import type { Credential } from '../../attribution/credential.ts';
import { parseSchedule, type Schedule } from '../../attribution/schedule.ts';
import { defineKind } from '../detector.ts';
import { isAllowedOrDenied } from '../outcome.ts';

/** Use outside the schedule that the registry declares. */
export const outsideHours = defineKind({
  id: 'outside-hours',
  title: 'Use outside the hours declared for the credential.',
  trigger: 'use',
  concerns: ({ hours }) => hours !== undefined,
  baseline: false,
  parameters: z.strictObject({}),
  check: () => {
    const compiled = new WeakMap<Credential, Schedule>();
    const scheduleOf = (credential: Credential, hours: string): Schedule => {
      const known = compiled.get(credential);
      if (known) return known;
      const parsed = parseSchedule(hours);
      if (typeof parsed === 'string') throw new RangeError(`${credential.id}: hours "${hours}" ${parsed}`);
      compiled.set(credential, parsed);
      return parsed;
    };
    return ({ at }, report) => {
      const { credential } = at.attribution;
      if (!isAllowedOrDenied(at.use)) return;
      if (credential?.hours === undefined || scheduleOf(credential, credential.hours).isWithin(at.use.time)) return;
      const used = at.use.result === 'success' ? 'used' : 'tried to use';
      report({
        subject: credential.id,
        reason: `${credential.agent} ${used} ${credential.id} at ${new Date(at.use.time).toISOString()}, outside its declared hours ${credential.hours}`,
        observed: new Date(at.use.time).toISOString(),
        expected: credential.hours,
      });
    };
  },
});
