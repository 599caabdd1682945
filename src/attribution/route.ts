import type { CredentialUse } from '../event.ts';
import { isBelieved } from '../proof.ts';
import { SOURCE, UNREGISTERED_AGENT } from './attributed.ts';
import { RANK } from './confidence.ts';
import type { Registry } from './registry.ts';

/**
 * Which events must be looked at together with this one: those of its peer group, by the identity that attribution will go by.
 * All unregistered ones belong together, since their number is bounded; so does what is told of one kind of log. Undefined where an event counts for nobody.
 */
export function routeOf(
  { proof, identities, reading, dataset }: CredentialUse,
  registry: Registry,
): string | undefined {
  if (reading !== undefined && !isBelieved(proof)) return `${SOURCE}/${dataset}`;
  if (!isBelieved(proof) || identities.length === 0) return undefined;
  let route: string = UNREGISTERED_AGENT;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const identity of identities) {
    const rank = RANK[identity.key];
    if (rank >= bestRank) continue;
    const group = registry.find(identity)?.credential?.peerGroup;
    if (group === undefined) continue;
    route = group;
    bestRank = rank;
  }
  return route;
}

/** The same for what was found about one that no peer group has. */
export const routeOfPrincipal = (principal: string): string =>
  principal.startsWith(`${SOURCE}/`) ? principal : UNREGISTERED_AGENT;
