import { isShared } from '../baselines/peers.ts';
import { type Principal, presentMembers } from '../baselines/principal.ts';
import { silentPeers } from '../baselines/silent-peers.ts';
import type { Finding } from './finding.ts';

/**
 * A finding that peers could explain, as far as those are heard of: where the silent ones could make it the whole group's doing, their records may
 * be late, and it is as late as they are.
 * @param others members of which the same is known
 */
export const asFarAsHeard = (finding: Finding, member: Principal, others: number): Finding => {
  const { count, since } = silentPeers(member, finding.time);
  if (count === 0 || !isShared(others + count, presentMembers(member, finding.time))) return finding;
  return { ...finding, lateMs: Math.max(finding.time - since, finding.lateMs ?? 0), silentSince: since };
};
