import { z } from 'zod';
import { defineKind } from '../detector.ts';
import { AT_ALARM } from '../strength.ts';
import { duration, number } from '../words.ts';
import { whoIs } from './bits-tally.ts';

const DAY = 86_400_000;

/** A principal that was in steady use is used again after far longer than it ever paused. */
export const dormant = defineKind({
  id: 'dormant',
  title: 'Use after a pause that is far longer than any before.',
  trigger: 'pause',
  evidence: 'time',
  baseline: true,
  parameters: z.strictObject({}),
  check: () => (context, report) => {
    const { pause } = context.seen;
    if (pause === undefined) return;
    report({
      bits: AT_ALARM + 1,
      subject: 'pause',
      reason: `${whoIs(context)} is used again after ${duration(pause.now)}; its longest pause before was ${duration(Math.max(pause.longest, 1_000))}`,
      observed: `${number(pause.now / DAY)} days`,
      expected: `${number(pause.longest / DAY)} days`,
      waits: true,
    });
  },
});
