import { z } from 'zod';
import { compileGlob } from '../../attribution/glob.ts';
import { wholeDays } from '../../baselines/principal.ts';
import { flagThing } from '../../baselines/repertoire.ts';
import { AT } from '../../baselines/state.ts';
import { defineKind } from '../detector.ts';
import { AT_ALARM, MOST } from '../strength.ts';
import { bitsText, dayCount, shown } from '../words.ts';
import { whoIs } from './bits-tally.ts';

/** Bits from which a destination is worth a low finding: an agent that goes anywhere shows new ones all day. */
const NOTABLE = 5;
/** An address where others have names, and a port of one's own choice: who knows a service asks for it by name. */
const BY_ADDRESS = 2;
const BARE = /(?:^| )(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:]+\])(?::\d+)?$/i;

/** Traffic of an agent to where neither it nor a peer ever went. */
export const newDestination = defineKind({
  id: 'new-destination',
  title: 'Traffic to a destination that neither the agent nor a peer ever went to, in logs of what leaves.',
  trigger: 'new-action',
  evidence: 'action',
  baseline: true,
  parameters: z.strictObject({
    datasets: z.array(z.string()).min(1),
    /** Of which the action holds only addresses. */
    by_address: z.array(z.string()).default([]),
  }),
  check: ({ datasets, by_address }) => {
    const leaves = datasets.map((pattern) => compileGlob(pattern));
    const namesNone = by_address.map((pattern) => compileGlob(pattern));
    return (context, report) => {
      const { at, seen, principal } = context;
      const { use } = at;
      if (use.result !== 'success' || !leaves.some((fits) => fits(use.dataset))) return;
      if (seen.peersDo || seen.action === 'held') return;
      const isBare = BARE.test(use.action) && !namesNone.some((fits) => fits(use.dataset));
      if (seen.noveltyBits < NOTABLE) return;
      const { state } = principal;
      report({
        bits: Math.min(MOST, isBare ? AT_ALARM + BY_ADDRESS : AT_ALARM - 2),
        subject: use.action,
        reason:
          `${whoIs(context)} went to ${shown(use.action)} for the first time in ${dayCount(wholeDays(state, seen.time))}` +
          `${principal.group === undefined ? '' : '; no peer ever did'}${isBare ? '; it is an address, not a name' : ''}; ${bitsText(seen.noveltyBits)}`,
        observed: use.action,
        expected: 'a destination it has been to before',
        waits: !isBare,
        held: () => {
          if (seen.actionIndex >= 0) flagThing(state, AT.actions, seen.actionIndex);
        },
      });
    };
  },
});
