import { z } from 'zod';
import type { BrokenChain } from '../../event.ts';
import { defineKind } from '../detector.ts';
import { shown } from '../words.ts';

const WHY: Readonly<Record<BrokenChain['why'], string>> = {
  'wrong-hash': 'its hash does not fit what it says: it was changed, and is not read',
  'no-hash': 'it has no hash, and earlier ones have',
  missing: 'the one before it is missing',
  'new-chain': 'it names none before it, and there are earlier ones',
};

/** A chain of records that is broken: some were changed, taken away or put in. */
export const brokenChain = defineKind({
  id: 'broken-chain',
  title:
    'A log whose records form a chain by their hashes (Authensor receipts), and the chain is broken: an alert about the log. Never above medium, and never acts.',
  trigger: 'unreadable',
  baseline: false,
  parameters: z.strictObject({}),
  check:
    () =>
    ({ at: { use } }, report) => {
      const { broken } = use.reading ?? {};
      if (broken === undefined) return;
      report({
        subject: `chain: ${broken.why}`,
        reason: `the chain of ${use.dataset} is broken at ${shown(broken.record)}: ${WHY[broken.why]}`,
        observed: broken.why,
        expected: 'a whole chain',
        atMost: 'medium',
      });
    },
});
