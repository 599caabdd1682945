import { z } from 'zod';
import { OTHERS } from '../../attribution/attributed.ts';
import type { CredentialUse } from '../../event.ts';
import { defineKind } from '../detector.ts';
import { isAllowedOrDenied } from '../outcome.ts';
import { number, shown } from '../words.ts';

/** A credential that the registry does not know was used. */
export const unknownCredential = defineKind({
  id: 'unknown-credential',
  title: 'A credential was used, or refused an action, that is not in the registry.',
  trigger: 'unattributed',
  baseline: false,
  parameters: z.strictObject({}),
  check:
    () =>
    ({ at, seen }, report) => {
      if (!isAllowedOrDenied(at.use)) return;
      const { principal = OTHERS } = at.attribution;
      const identity = at.use.identities[0];
      const expected = 'a credential of the registry';
      if (seen.beyond !== undefined) {
        const many = `${number(seen.beyond)} ${seen.beyond === 1 ? 'use' : 'uses'}`;
        report({
          subject: `${many} beyond`,
          reason: `${deedOf(at.use, shown(identity?.value ?? 'an identity'))}, which is not in the credential registry; so far ${many} of more unknown identities than are followed one by one`,
          observed: seen.beyond,
          expected,
        });
        return;
      }
      const name = shown(principal.slice(principal.indexOf('/') + 1));
      report({
        subject: name,
        reason: `${deedOf(at.use, name)}, which is not in the credential registry`,
        observed: shown(identity?.value ?? name),
        expected,
      });
    },
});

/** What the record shows of it, and no more. */
const deedOf = ({ dataset, result, proof }: CredentialUse, name: string): string => {
  if (proof.state === 'declared') return `${dataset} names ${name}, without a proof that it was accepted`;
  return result === 'success' ? `${dataset} accepted ${name}` : `${dataset} refused an action to ${name}`;
};
