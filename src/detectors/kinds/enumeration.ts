import { z } from 'zod';
import { defineKind } from '../detector.ts';
import { bitsText, number, shown } from '../words.ts';
import { tallyCheck, whoIs } from './bits-tally.ts';

/** Objects asked for one after the other, in order of their ids. */
export const enumeration = defineKind({
  id: 'enumeration',
  title: 'Objects asked for in order of their ids, as a crawl does and its ordinary work does not.',
  trigger: 'raised',
  evidence: 'volume',
  baseline: true,
  parameters: z.strictObject({}),
  check: () =>
    tallyCheck('sequence', (context, value, record) => ({
      subject: 'ids in order',
      reason:
        `${whoIs(context)} asks for one object after the other in order of their ids (${shown(context.at.use.action)}), ` +
        `usually ${number(context.seen.usuallyInOrder * 100)} % of its uses; ${bitsText(value)}, at most ${number(record)} on the days before`,
      observed: Math.round(value),
      expected: Math.round(record),
    })),
});
