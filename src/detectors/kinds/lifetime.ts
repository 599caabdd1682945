import { z } from 'zod';
import { defineKind } from '../detector.ts';
import { duration } from '../words.ts';

/** A credential that was issued for longer than its `max_lifetime` allows. */
export const lifetime = defineKind({
  id: 'lifetime',
  title: 'A credential in use was issued for longer than its `max_lifetime` in the registry allows.',
  trigger: 'use',
  concerns: ({ maxLifetime, issuedAt, expiresAt }) =>
    maxLifetime !== undefined && issuedAt !== undefined && expiresAt !== undefined,
  baseline: false,
  parameters: z.strictObject({}),
  check:
    () =>
    ({ at }, report) => {
      const { credential } = at.attribution;
      const { maxLifetime, issuedAt, expiresAt } = credential ?? {};
      if (credential === undefined || maxLifetime === undefined || issuedAt === undefined || expiresAt === undefined)
        return;
      const lives = expiresAt - issuedAt;
      if (lives <= maxLifetime) return;
      report({
        subject: credential.id,
        reason: `${credential.agent} uses ${credential.id}, which was issued for ${duration(lives)}; it may live for ${duration(maxLifetime)} at most`,
        observed: duration(lives),
        expected: `at most ${duration(maxLifetime)}`,
      });
    },
});
