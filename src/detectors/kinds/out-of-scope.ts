import { z } from 'zod';
import type { Credential } from '../../attribution/credential.ts';
import { compileScopes } from '../../attribution/scopes.ts';
import { defineKind } from '../detector.ts';
import { didOrTried, isAllowedOrDenied } from '../outcome.ts';
import { shown } from '../words.ts';

/** An action outside the scopes that the registry declares for the credential. */
export const outOfScope = defineKind({
  id: 'out-of-scope',
  title: 'An action outside the scopes declared for the credential.',
  trigger: 'use',
  concerns: ({ scopes }) => scopes !== undefined,
  baseline: false,
  parameters: z.strictObject({}),
  check: () => {
    const compiled = new WeakMap<Credential, (action: string) => boolean>();
    const within = (credential: Credential, scopes: readonly string[], action: string): boolean => {
      const known = compiled.get(credential) ?? compileScopes(scopes);
      compiled.set(credential, known);
      return known(action);
    };
    return ({ at }, report) => {
      const { credential } = at.attribution;
      if (!isAllowedOrDenied(at.use) || !credential?.scopes || within(credential, credential.scopes, at.use.action))
        return;
      report({
        subject: at.use.action,
        reason: `${credential.agent} ${didOrTried(at.use)} ${shown(at.use.action)} with ${credential.id}, outside its declared scopes`,
        observed: shown(at.use.action),
        expected: shown(credential.scopes.join(', ')),
      });
    };
  },
});
