import type { CredentialUse, Identity } from '../event.ts';
import { isBelieved } from '../proof.ts';
import type { Attribution } from './attributed.ts';
import { AMBIGUOUS_CONFIDENCE, DECLARED_CONFIDENCE, RANK } from './confidence.ts';
import type { Registry } from './registry.ts';
import { type SavedUnregistered, type UnregisteredLimits, UnregisteredTable } from './unregistered.ts';

const DAY = 86_400_000;

const DEFAULT_LIMITS: UnregisteredLimits = { maxUnregistered: 1_000, unregisteredIdle: 7 * DAY };

/** Decides whose credential an event used, and how surely. */
export interface Attributor {
  /** Known identities cost a map look-up and no memory: the same frozen object comes back each time. */
  attribute(use: CredentialUse): Attribution;
  stats(): AttributorStats;
  /** The provisional principals, as plain JSON, so that a restart goes on exactly. */
  save(): SavedUnregistered;
  load(saved: SavedUnregistered): void;
}

export interface AttributorStats {
  /** Provisional principals held now. */
  readonly unregistered: number;
  /** Uses of unregistered identities beyond the bound. */
  readonly overflow: number;
  /** Provisional principals that made room after being idle. */
  readonly evicted: number;
}

const nobody = (method: 'claimed' | 'none'): Attribution =>
  Object.freeze({ method, confidence: 0, principal: undefined, credential: undefined, ambiguous: undefined });

/** Whether it is only the caller's word whose credential it was; where no name was given, a refusal is one all the same. */
export const isClaim = ({ proof, identities, result }: CredentialUse): boolean =>
  !isBelieved(proof) && (identities.length > 0 || result === 'rejected');

const CLAIMED = nobody('claimed');
const NONE = nobody('none');

/**
 * Attributes by the strongest identity that the registry knows (order and confidences: confidence.ts).
 * - A record whose proof is `unproven` or `rejected` holds only the caller's claim: it counts for no agent.
 * - A `declared` one attributes with a confidence of at most 0.7.
 * - Identities that name different agents: the strongest one's, with `ambiguous` and a low confidence.
 * - An accepted identity that nobody registered: a provisional principal, as long as there is room.
 */
export function createAttributor(
  registry: Registry,
  limits: UnregisteredLimits = DEFAULT_LIMITS,
  onEvict: (principal: string) => void = () => undefined,
): Attributor {
  const table = new UnregisteredTable(limits, onEvict);
  /** Formats may freeze identities and share them among events: what the registry says of those is asked once. */
  const registered = new WeakMap<readonly Identity[], Attribution>();
  const capped = new WeakMap<Attribution, Attribution>();

  /** The same frozen object each time, as for verified ones. */
  const declared = (attribution: Attribution): Attribution => {
    if (attribution.confidence <= DECLARED_CONFIDENCE) return attribution;
    const known = capped.get(attribution) ?? Object.freeze({ ...attribution, confidence: DECLARED_CONFIDENCE });
    capped.set(attribution, known);
    return known;
  };

  const attribute = (use: CredentialUse): Attribution => {
    if (!isBelieved(use.proof)) return isClaim(use) ? CLAIMED : NONE;
    const attribution = attributeBelieved(use);
    return use.proof.state === 'declared' ? declared(attribution) : attribution;
  };

  const attributeBelieved = (use: CredentialUse): Attribution => {
    const known = registered.get(use.identities);
    if (known !== undefined) return known;
    let best: Attribution | undefined;
    let bestRank = Number.POSITIVE_INFINITY;
    let disagrees = false;
    let strongest: Identity | undefined;
    let strongestRank = Number.POSITIVE_INFINITY;
    for (const identity of use.identities) {
      const rank = RANK[identity.key];
      if (rank < strongestRank) {
        strongest = identity;
        strongestRank = rank;
      }
      const found = registry.find(identity);
      if (found === undefined) continue;
      if (best !== undefined && found.credential?.agent !== best.credential?.agent) disagrees = true;
      if (rank < bestRank) {
        best = found;
        bestRank = rank;
      }
    }
    if (best !== undefined) {
      const attribution = disagrees ? contested(best, use.identities, registry) : best;
      if (Object.isFrozen(use.identities)) registered.set(use.identities, attribution);
      return attribution;
    }
    return strongest === undefined ? NONE : table.attribute(strongest, use.time);
  };

  return {
    attribute,
    stats: () => ({ unregistered: table.size, overflow: table.overflow, evicted: table.evicted }),
    save: () => table.save(),
    load: (saved) => table.load(saved),
  };
}

/**
 * Identities that fit several credentials contradict nothing as long as one agent fits them all.
 * Rare, so made anew each time instead of remembered.
 */
function contested(best: Attribution, identities: readonly Identity[], registry: Registry): Attribution {
  const candidates = identities.map((identity) => registry.find(identity)).filter((found) => found !== undefined);
  const idsOf = ({ ambiguous, credential }: Attribution): readonly string[] => ambiguous ?? [credential?.id ?? ''];
  const agentsOf = (found: Attribution) => new Set(idsOf(found).map((id) => registry.byId(id)?.agent));
  const [first = new Set<string | undefined>(), ...others] = candidates.map(agentsOf);
  if ([...first].some((agent) => others.every((agents) => agents.has(agent)))) return best;
  const ids = new Set(candidates.flatMap(idsOf));
  return Object.freeze({ ...best, confidence: AMBIGUOUS_CONFIDENCE, ambiguous: [...ids].sort() });
}
