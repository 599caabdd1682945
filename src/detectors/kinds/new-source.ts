import { z } from 'zod';
import type { Name } from '../../baselines/names.ts';
import { clientFamily, networkOf } from '../../baselines/origin.ts';
import { ageInDays } from '../../baselines/principal.ts';
import { knows, surpriseOfNew } from '../../baselines/repertoire.ts';
import { AT, type State, type TableLayout } from '../../baselines/state.ts';
import { type Context, defineKind } from '../detector.ts';
import { bitsText, shown } from '../words.ts';

/** Bits for one new thing; a peer that uses it too makes it half as surprising. */
const bitsOf = (state: State, peers: State | undefined, table: TableLayout, thing: Name): number => {
  const bits = surpriseOfNew(state, table, peers);
  return peers && knows(peers, table, thing) ? bits / 2 : bits;
};

const isNew = (known: string): boolean => known === 'new' || known === 'returned';

/**
 * A network (or, inside a known one, a subnet) or client that the principal has never used; both at once add up. An agent that
 * is redeployed now and then shows new subnets all the time, which makes them unsurprising.
 */
export const newSource = defineKind({
  id: 'new-source',
  title: 'Use from a network or with a client never seen from this principal; both at once add up.',
  trigger: 'new-source',
  baseline: true,
  parameters: z.strictObject({}),
  check: () => (context: Context, report) => {
    const { at, principal, seen } = context;
    const { state, peers } = principal;
    const parts: string[] = [];
    let bits = 0;
    if (at.use.sourceIp !== undefined && isNew(seen.network)) {
      bits += bitsOf(state, peers, AT.networks, seen.networkName);
      parts.push(`network ${networkOf(at.use.sourceIp)} (${at.use.sourceIp})`);
    } else if (at.use.sourceIp !== undefined && isNew(seen.subnet)) {
      bits += bitsOf(state, peers, AT.subnets, seen.subnetName);
      parts.push(`${at.use.sourceIp}, another subnet of its network`);
    }
    if (isNew(seen.client) && at.use.client !== undefined) {
      bits += bitsOf(state, peers, AT.clients, seen.clientName);
      parts.push(`client ${shown(clientFamily(at.use.client))}`);
    }
    const who = at.attribution.credential?.agent ?? principal.name;
    const what = parts.join(' and ');
    report({
      bits,
      subject: what,
      reason: `${who} was used from ${what} for the first time in ${ageInDays(state, seen.time)} days; ${bitsText(bits)}`,
      observed: what,
      expected: 'a network and client it has used before',
    });
  },
});
