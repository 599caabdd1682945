import { z } from 'zod';
import { defineKind } from '../detector.ts';
import { duration } from '../words.ts';

/** A credential older than its rotation rule, judged at event time. */
export const rotationOverdue = defineKind({
  id: 'rotation-overdue',
  title: 'A credential in use is older than its rotation rule allows.',
  trigger: 'use',
  concerns: ({ issuedAt, rotateEvery }) => issuedAt !== undefined && rotateEvery !== undefined,
  baseline: false,
  parameters: z.strictObject({}),
  check:
    () =>
    ({ at }, report) => {
      const { credential } = at.attribution;
      if (credential?.issuedAt === undefined || credential.rotateEvery === undefined) return;
      const age = at.use.time - credential.issuedAt;
      if (age < credential.rotateEvery) return;
      report({
        subject: credential.id,
        reason: `${credential.agent} uses ${credential.id}, issued ${duration(age)} ago; it should be rotated every ${duration(credential.rotateEvery)}`,
        observed: duration(age),
        expected: `at most ${duration(credential.rotateEvery)}`,
      });
    },
});
