import { z } from 'zod';
import { revokedSince } from '../../attribution/hygiene.ts';
import { durationSchema } from '../../config/duration.ts';
import { defineKind } from '../detector.ts';
import { duration } from '../words.ts';

const SWITCHING_PROTOCOLS = 101;

/** A credential that works although Wayward had proven it dead, judged at event time. */
export const revoked = defineKind({
  id: 'revoked',
  title: 'A credential was accepted after Wayward had revoked it, with proof, and nobody gave it back through Wayward.',
  trigger: 'use',
  concerns: ({ revoke, revokedAt }) => revoke !== undefined || revokedAt !== undefined,
  baseline: false,
  parameters: z.strictObject({ within: durationSchema.default(60_000) }),
  check:
    ({ within }) =>
    ({ at }, report) => {
      const { credential, ambiguous } = at.attribution;
      // Refused uses are what is expected then; who shares the name of another credential may have used that one.
      if (credential?.revokedAt === undefined || ambiguous !== undefined || at.use.result !== 'success') return;
      // A WebSocket is logged when it ends: it may have begun long before.
      if (at.use.status === SWITCHING_PROTOCOLS) return;
      const { time } = at.use;
      const since = revokedSince(credential, time, within);
      if (since === undefined) return;
      const revokedAt = new Date(since).toISOString();
      report({
        // Revoked anew, it is news again.
        subject: `${credential.id}, revoked at ${revokedAt}`,
        reason: `${credential.agent} used ${credential.id} ${duration(time - since)} after Wayward had revoked it, and ${at.use.dataset} shows that it still worked`,
        observed: new Date(time).toISOString(),
        expected: `no use that succeeds since ${revokedAt}`,
      });
    },
});
