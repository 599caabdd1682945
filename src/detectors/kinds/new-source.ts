import { z } from 'zod';
import type { SourceNews } from '../../baselines/observation.ts';
import { clientFamily, networkOf } from '../../baselines/origin.ts';
import { wholeDays } from '../../baselines/principal.ts';
import { type Context, defineKind } from '../detector.ts';
import { AT_ALARM } from '../strength.ts';
import { bitsText, dayCount, shown } from '../words.ts';
import { whoIs } from './bits-tally.ts';

/** Bits of each, beside what a finding needs. */
const BITS: Readonly<Record<SourceNews, number>> = {
  network: -2,
  'left-private': 0,
  returned: 1,
  beside: 2,
  'network-and-client': 2,
  'client-beside': 0,
  'client-returned': 0,
};

/** About what it was used with, not from where. */
const isOfClient = (news: SourceNews): boolean => news === 'client-beside' || news === 'client-returned';

/** What a group does together is a change of all. */
const isOfGroup = (news: SourceNews): boolean => news === 'left-private' || isOfClient(news);

const subjectOf = ({ at }: Context, news: SourceNews): string => {
  if (news === 'returned') return 'foreign network';
  return isOfClient(news) ? 'another client' : networkOf(at.use.sourceIp ?? '');
};

const sentence = (context: Context, news: SourceNews): string => {
  const { sourceIp = 'nowhere', client } = context.at.use;
  const days = wholeDays(context.principal.state, context.seen.time);
  const network = `network ${networkOf(sourceIp)} (${sourceIp})`;
  const who = whoIs(context);
  if (news === 'network') return `${who} was used from ${network} for the first time in ${dayCount(days)}`;
  if (news === 'network-and-client')
    return `${who} was used from ${network} with client ${shown(clientFamily(client ?? 'unknown'))}, both for the first time in ${dayCount(days)}`;
  if (news === 'beside')
    return `${who} is used from ${network}, new in ${dayCount(days)}, while it goes on at its own addresses`;
  if (news === 'client-beside')
    return `${who} is used with client ${shown(clientFamily(client ?? 'unknown'))}, new in ${dayCount(days)}, from an address of its own, while its own client goes on`;
  if (news === 'client-returned')
    return `${who} is back with its own client ${shown(clientFamily(client ?? 'unknown'))} after uses with one that was new in ${dayCount(days)}, from an address of its own`;
  if (news === 'left-private')
    return `${who} was used from the public address ${sourceIp}; in ${dayCount(days)} it and its peers were only seen on private ones`;
  return `${who} is back at ${sourceIp} between uses from a network that was new in ${dayCount(days)}`;
};

/** A network that neither the principal nor its peers were used from. A move never comes back; a thief works beside the owner. */
export const newSource = defineKind({
  id: 'new-source',
  title:
    'Use from a network that is foreign to the principal and its peers: with a new client, or beside the owner, who goes on at the usual places.',
  trigger: 'new-source',
  evidence: 'source',
  baseline: true,
  parameters: z.strictObject({}),
  check: () => (context, report) => {
    const news = context.seen.source;
    if (news === undefined) return;
    const bits = AT_ALARM + BITS[news];
    const { client, sourceIp } = context.at.use;
    report({
      bits,
      subject: subjectOf(context, news),
      reason: `${sentence(context, news)}; ${bitsText(bits)}`,
      observed: (isOfClient(news) ? client : sourceIp) ?? '',
      expected: 'a network and client it has used before',
      waits: isOfGroup(news),
      alone: !isOfGroup(news) && news !== 'network',
      ...(isOfClient(news) && { change: 'another client' }),
    });
  },
});
