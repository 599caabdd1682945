import { z } from 'zod';
import type { Credential } from '../../attribution/credential.ts';
import { compileNetworks } from '../../attribution/networks.ts';
import { networkOf } from '../../baselines/origin.ts';
import { defineKind } from '../detector.ts';
import { isAllowedOrDenied } from '../outcome.ts';
import { shown } from '../words.ts';

/** Use from an address outside the networks that the registry declares. */
export const outsideNetwork = defineKind({
  id: 'outside-network',
  title: 'Use from an address outside the networks declared for the credential.',
  trigger: 'use',
  concerns: ({ networks }) => networks !== undefined,
  baseline: false,
  parameters: z.strictObject({}),
  needs: () => [['address']],
  check: () => {
    const compiled = new WeakMap<Credential, (address: string) => boolean | undefined>();
    return ({ at }, report) => {
      const { credential } = at.attribution;
      const { sourceIp } = at.use;
      if (!isAllowedOrDenied(at.use) || !credential?.networks || sourceIp === undefined) return;
      const inside = compiled.get(credential) ?? compileNetworks(credential.networks);
      compiled.set(credential, inside);
      // A host's name, as PostgreSQL logs it with log_hostname, is in no network: the owner of the address chooses the name.
      if (inside(sourceIp) === true) return;
      const used = at.use.result === 'success' ? 'used' : 'tried to use';
      report({
        subject: networkOf(sourceIp),
        reason: `${credential.agent} ${used} ${credential.id} from ${sourceIp}, outside its declared networks ${shown(credential.networks.join(', '))}`,
        observed: sourceIp,
        expected: shown(credential.networks.join(', ')),
      });
    };
  },
});
