import type { CredentialUse } from '../event.ts';
import { isBelieved } from '../proof.ts';
import { SOURCE, UNREGISTERED_AGENT } from './attributed.ts';
import { RANK } from './confidence.ts';
import type { Credential } from './credential.ts';
import type { Registry } from './registry.ts';

/** The registry's credential that attribution will go by, of what is believed. */
export function credentialOf({ identities }: CredentialUse, registry: Registry): Credential | undefined {
  let best: Credential | undefined;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const identity of identities) {
    const rank = RANK[identity.key];
    if (rank >= bestRank) continue;
    const credential = registry.find(identity)?.credential;
    if (credential === undefined) continue;
    best = credential;
    bestRank = rank;
  }
  return best;
}

/**
 * Which events must be looked at together with this one: those of its peer group, by the identity that attribution will go by.
 * All unregistered ones belong together, since their number is bounded; so does what is told of one kind of log. Undefined where an event counts for nobody.
 */
export function routeOf(use: CredentialUse, registry: Registry): string | undefined {
  const { proof, identities, reading, dataset } = use;
  if (reading !== undefined && !isBelieved(proof)) return `${SOURCE}/${dataset}`;
  if (!isBelieved(proof) || identities.length === 0) return undefined;
  return credentialOf(use, registry)?.peerGroup ?? UNREGISTERED_AGENT;
}

/** The same for what was found about one that no peer group has. */
export const routeOfPrincipal = (principal: string): string =>
  principal.startsWith(`${SOURCE}/`) ? principal : UNREGISTERED_AGENT;
