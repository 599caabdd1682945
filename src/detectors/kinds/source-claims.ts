import { z } from 'zod';
import { CLAIMS_WINDOW } from '../../baselines/claims.ts';
import { defineKind } from '../detector.ts';
import { duration, number } from '../words.ts';

/** Many records of one source network name an identity that nothing proves. Says nothing of whom they name. */
export const sourceClaims = defineKind({
  id: 'source-claims',
  title:
    'One network made many requests whose authentication failed, or whose identity nothing proves: an alert about the network, never about whom they name.',
  trigger: 'claimed',
  baseline: false,
  parameters: z.strictObject({}),
  check:
    () =>
    ({ at, seen: { claims } }, report) => {
      if (claims === undefined) return;
      const { network, count, greatest } = claims;
      const before = greatest === 0 ? 'never so before' : `at most ${number(greatest)} before`;
      report({
        subject: 'claims',
        reason: `${network} made ${number(count)} requests to ${at.use.dataset} within ${duration(CLAIMS_WINDOW)} whose authentication failed, or whose identity nothing proves; ${before}`,
        observed: count,
        expected: greatest,
        window: CLAIMS_WINDOW,
      });
    },
});
