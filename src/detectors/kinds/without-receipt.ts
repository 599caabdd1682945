import { z } from 'zod';
import type { Credential } from '../../attribution/credential.ts';
import { durationSchema } from '../../config/duration.ts';
import { defineKind } from '../detector.ts';
import { didOrTried } from '../outcome.ts';
import { duration, shown } from '../words.ts';

/** Datasets of what writes a receipt of each deed of an agent. */
const RECEIPTS = 'authensor.';
/** So long after its last receipt an agent is still one of which receipts are expected. */
const EXPECTED_DAYS = 30 * 86_400_000;

/** As what an agent's receipts are remembered: asked for at every use, so made once. */
interface Keys {
  readonly known: string;
  readonly allowed: string;
}

/**
 * Use of an agent's credential that none of its receipts explains: the agent did not do it. Receipts are joined by agent and time, since what
 * they call an action is the agent's word and not the server's.
 */
export const withoutReceipt = defineKind({
  id: 'without-receipt',
  title: 'Use of a credential whose agent has Authensor receipts, but none that allowed something shortly before.',
  trigger: 'use',
  baseline: false,
  parameters: z.strictObject({ within: durationSchema }),
  check: ({ within }, id) => {
    const remembered = new WeakMap<Credential, Keys>();
    return ({ at, recent }, report) => {
      const { credential } = at.attribution;
      if (credential === undefined || at.late) return;
      const { use, orderTime } = at;
      let keys = remembered.get(credential);
      if (keys === undefined) {
        keys = { known: `${id}\n${credential.agent}\nknown`, allowed: `${id}\n${credential.agent}\nallowed` };
        remembered.set(credential, keys);
      }
      const { known, allowed } = keys;
      if (use.dataset.startsWith(RECEIPTS)) {
        if (use.proof.state !== 'verified') return;
        recent.note(known, orderTime, EXPECTED_DAYS, 1);
        if (use.result === 'success') recent.note(allowed, orderTime, within, 1);
        return;
      }
      if (recent.count(known, orderTime, EXPECTED_DAYS) === 0) return;
      if (recent.count(allowed, orderTime, within) > 0) return;
      report({
        subject: credential.id,
        reason: `${credential.agent} ${didOrTried(use)} ${shown(use.action)} with ${credential.id}, and no receipt of the ${duration(within)} before allowed it anything`,
        observed: 'no receipt',
        expected: `a receipt of at most ${duration(within)} before`,
      });
    };
  },
});
