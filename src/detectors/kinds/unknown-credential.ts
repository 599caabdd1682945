import { z } from 'zod';
import { defineKind } from '../detector.ts';
import { isAllowedOrDenied } from '../outcome.ts';
import { shown } from '../words.ts';

/** A server accepted a credential that the registry does not know. */
export const unknownCredential = defineKind({
  id: 'unknown-credential',
  title: 'A server accepted a credential that is not in the registry.',
  trigger: 'unattributed',
  baseline: false,
  parameters: z.strictObject({}),
  check:
    () =>
    ({ at, seen }, report) => {
      const { method, principal } = at.attribution;
      if ((method === 'unregistered' && !seen.first) || !isAllowedOrDenied(at.use)) return;
      const identity = at.use.identities[0];
      const name = principal?.slice(principal.indexOf('/') + 1) ?? 'more identities than are tracked';
      report({
        subject: shown(name),
        reason: `${at.use.dataset} ${at.use.result === 'success' ? 'accepted' : 'refused an action to'} ${shown(name)}, which is not in the credential registry`,
        observed: identity ? shown(identity.value) : shown(name),
        expected: 'a credential of the registry',
      });
    },
});
