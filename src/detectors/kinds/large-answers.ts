import { z } from 'zod';
import { defineKind } from '../detector.ts';
import { MORE_WORK } from '../strength.ts';
import { bitsText, bytes, number } from '../words.ts';
import { tallyCheck, whoIs } from './bits-tally.ts';

/** One large answer after another: each might happen, all of them together do not. */
export const largeAnswers = defineKind({
  id: 'large-answers',
  title: 'One large answer after another, each as large as few of its answers are: data is drawn in pieces.',
  trigger: 'raised',
  evidence: 'volume',
  baseline: true,
  parameters: z.strictObject({}),
  needs: () => [['rows', 'bytes']],
  check: () =>
    tallyCheck('answers', (context, value, record) => {
      const { use } = context.at;
      const last = use.rows > 0 ? `${number(use.rows)} rows` : bytes(use.bytes);
      return {
        subject: 'large answers',
        reason: `${whoIs(context)} gets one large answer after another, the last one ${last}; together ${bitsText(value)}, at most ${number(record)} on the days before`,
        observed: Math.round(value),
        expected: Math.round(record),
        waits: true,
        change: MORE_WORK,
      };
    }),
});
