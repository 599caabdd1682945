import { z } from 'zod';
import { defineKind } from '../detector.ts';
import { duration } from '../words.ts';

/** A credential that worked before its issue or after its expiry, judged at event time. */
export const expired = defineKind({
  id: 'expired',
  title: 'A credential was accepted after it expired, or before it was issued.',
  trigger: 'use',
  concerns: ({ issuedAt, expiresAt }) => issuedAt !== undefined || expiresAt !== undefined,
  baseline: false,
  parameters: z.strictObject({}),
  check:
    () =>
    ({ at }, report) => {
      const { credential } = at.attribution;
      // A refused use is what an expiry is for.
      if (!credential || at.use.result !== 'success') return;
      const { time } = at.use;
      const { issuedAt, expiresAt } = credential;
      const late = expiresAt !== undefined && time >= expiresAt;
      if (!late && (issuedAt === undefined || time >= issuedAt)) return;
      const limit = (late ? expiresAt : issuedAt) as number;
      const when = `${duration(Math.abs(time - limit))} ${late ? 'after it expired' : 'before it was issued'}`;
      report({
        subject: credential.id,
        reason: `${credential.agent} used ${credential.id} ${when}, and ${at.use.dataset} shows that it still worked`,
        observed: new Date(time).toISOString(),
        expected: `${late ? 'before' : 'from'} ${new Date(limit).toISOString()}`,
      });
    },
});
