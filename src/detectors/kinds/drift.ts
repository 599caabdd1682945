import { z } from 'zod';
import { tellDrift } from '../../baselines/drift.ts';
import { SERIES, type Series } from '../../baselines/series.ts';
import { defineKind } from '../detector.ts';
import { bitsBeyond, MORE_WORK } from '../strength.ts';
import { bytes, duration, number } from '../words.ts';
import { whoIs } from './bits-tally.ts';

const TIMES = 4;

/** Volumes that have grown day by day: no day stands out, but two weeks ago it was a quarter. */
export const drift = defineKind({
  id: 'drift',
  title: 'Volumes that have grown day by day to four times or more of what was usual two weeks ago.',
  trigger: 'drift',
  evidence: 'volume',
  baseline: true,
  parameters: z.strictObject({}),
  check: () => (context, report) => {
    const { principal, seen } = context;
    const { drift } = seen;
    if (drift === undefined) return;
    const { metric, fades } = SERIES[drift.series] as Series;
    // Tokens that were not counted two weeks ago have not grown since.
    if (metric === 'rows' && context.at.use.spent !== undefined && drift.before === 0) return;
    const amount = (value: number): string => (metric === 'bytes' ? bytes(value) : `${number(value)} ${metric}`);
    report({
      bits: bitsBeyond(drift.now / TIMES, drift.before),
      subject: `growth of ${metric}`,
      reason:
        `${whoIs(context)}: ${amount(drift.now)} within about ${duration(fades)} on the last three active days, ` +
        `${amount(drift.before)} two weeks before; it grew day by day`,
      observed: Math.round(drift.now),
      expected: Math.round(drift.before),
      waits: true,
      change: MORE_WORK,
      held: () => tellDrift(principal.state),
    });
  },
});
