import { z } from 'zod';
import type { AttributedUse } from '../../attribution/attributed.ts';
import type { Credential } from '../../attribution/credential.ts';
import { defineKind } from '../detector.ts';
import { duration } from '../words.ts';

/** AWS names keys of users so; those that a role hands out for a while begin with ASIA. */
const LONG_LIVED_KEY = /^AKIA[A-Z2-7]{12}/;

/** What shows that a credential does not end by itself. */
const whatIsStatic = ({ use }: AttributedUse, { maxLifetime = 0, issuedAt, expiresAt }: Credential) => {
  const key = use.identities.find(({ key: kind, value }) => kind === 'aws_access_key_id' && LONG_LIVED_KEY.test(value));
  if (key !== undefined) return 'by an AWS access key of a user, which does not expire';
  if (expiresAt !== undefined) return undefined;
  if (issuedAt === undefined) return 'which has no expiry';
  const age = use.time - issuedAt;
  return age > maxLifetime ? `which has no expiry, and was issued ${duration(age)} ago` : undefined;
};

/** A credential that lasts, where the registry's `max_lifetime` says that a short-lived one is expected. */
export const staticKey = defineKind({
  id: 'static-key',
  title: 'A key that does not expire is used where `max_lifetime` in the registry expects a short-lived credential.',
  trigger: 'use',
  concerns: ({ maxLifetime }) => maxLifetime !== undefined,
  baseline: false,
  parameters: z.strictObject({}),
  check:
    () =>
    ({ at }, report) => {
      const { credential } = at.attribution;
      if (credential?.maxLifetime === undefined || at.use.result !== 'success') return;
      const how = whatIsStatic(at, credential);
      if (how === undefined) return;
      const longest = duration(credential.maxLifetime);
      report({
        subject: credential.id,
        reason: `${credential.agent} used ${credential.id} ${how}; a credential that lives for ${longest} at most is expected`,
        observed: how,
        expected: `a credential that lives for ${longest} at most`,
      });
    },
});
