import { z } from 'zod';
import { areaOf } from '../../baselines/area.ts';
import { forgetEpisode } from '../../baselines/new-actions.ts';
import { daysOf } from '../../baselines/principal.ts';
import { defineKind } from '../detector.ts';
import { AT_ALARM } from '../strength.ts';
import { bitsText, number, shown } from '../words.ts';
import { whoIs } from './bits-tally.ts';

/** Bits from which an unknown area is a finding. */
const ENOUGH = 7;
const MOST = 16;

/** A service, table or repository that neither the principal nor its peers work in. */
export const newArea = defineKind({
  id: 'new-area',
  title:
    'Work in an area (service, table, repository) that neither the principal nor its peers know, by how seldom that happens.',
  trigger: 'new-area',
  evidence: 'action',
  baseline: true,
  parameters: z.strictObject({}),
  check: () => (context, report) => {
    const { at, principal, seen } = context;
    if (seen.areaBits < ENOUGH) return;
    const area = areaOf(at.use.action);
    report({
      bits: Math.min(MOST, AT_ALARM + seen.areaBits - ENOUGH),
      subject: area,
      reason: `${whoIs(context)} works in ${shown(area)} (${shown(at.use.action)}), where neither it nor its peers did in its ${number(daysOf(principal.state))} active days; ${bitsText(seen.areaBits)}`,
      observed: area,
      expected: 'an area that it or its peers know',
      held: () => forgetEpisode(principal),
    });
  },
});
