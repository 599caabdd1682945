import { z } from 'zod';
import { secretSince } from '../../attribution/hygiene.ts';
import { defineKind } from '../detector.ts';
import { duration } from '../words.ts';

/** A credential older than its rotation rule, judged at event time. */
export const rotationOverdue = defineKind({
  id: 'rotation-overdue',
  title: 'A credential in use is older than its rotation rule allows.',
  trigger: 'use',
  concerns: ({ issuedAt, rotatedAt, rotateEvery }) =>
    (issuedAt !== undefined || rotatedAt !== undefined) && rotateEvery !== undefined,
  baseline: false,
  parameters: z.strictObject({}),
  check:
    () =>
    ({ at }, report) => {
      const { credential } = at.attribution;
      if (credential?.rotateEvery === undefined) return;
      const since = secretSince(credential, at.use.time);
      if (since === undefined) return;
      const age = at.use.time - since;
      if (age < credential.rotateEvery) return;
      report({
        subject: credential.id,
        reason: `${credential.agent} uses ${credential.id}, issued ${duration(age)} ago; it should be rotated every ${duration(credential.rotateEvery)}`,
        observed: duration(age),
        expected: `at most ${duration(credential.rotateEvery)}`,
      });
    },
});
