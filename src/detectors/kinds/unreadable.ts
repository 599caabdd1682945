import { z } from 'zod';
import { defineKind } from '../detector.ts';
import { duration, number } from '../words.ts';

/** Records of a log that should have been events could not be used, more than is usual there: something may hide in them. */
export const unreadable = defineKind({
  id: 'unreadable',
  title:
    'More records of a log than usual could not be read, or say what only the server should: an alert about the log, or about the agent where the server wrote them of its session. Never above medium, and never acts.',
  trigger: 'unreadable',
  baseline: false,
  parameters: z.strictObject({}),
  check:
    () =>
    ({ at, seen }, report) => {
      if (seen.unreadable === undefined) return;
      const { reason, count, window, greatest, young } = seen.unreadable;
      const before = greatest === 0 ? 'never before' : `at most ${number(greatest)} before`;
      const [identity] = at.use.identities;
      const named = identity === undefined ? '' : `${identity.key} ${identity.value}`;
      const claims =
        named === '' || at.attribution.principal !== undefined ? '' : `; the last one claims to be of ${named}`;
      report({
        subject: `unreadable: ${reason}`,
        reason: `${number(count)} records of ${at.use.dataset} within ${duration(window)} could not be used (${reason}), ${before}${claims}`,
        observed: count,
        expected: greatest,
        window,
        atMost: young ? 'low' : 'medium',
      });
    },
});
