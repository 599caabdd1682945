import { z } from 'zod';
import { defineKind } from '../detector.ts';
import { bitsText, number, shown } from '../words.ts';
import { tallyCheck, whoIs } from './bits-tally.ts';

/** Work that is its peers' rather than its own: somebody with another's habits uses its credential. */
export const peersWork = defineKind({
  id: 'peers-work',
  title: "Actions that are its peers' work rather than its own, one after the other.",
  trigger: 'raised',
  evidence: 'action',
  baseline: true,
  parameters: z.strictObject({}),
  check: () =>
    tallyCheck('likeness', (context, value, record) => ({
      subject: "peers' work",
      reason: `${whoIs(context)} does ${shown(context.at.use.action)} and other work of its peers that is not its own; ${bitsText(value)}, at most ${number(record)} on the days before`,
      observed: Math.round(value),
      expected: Math.round(record),
    })),
});
