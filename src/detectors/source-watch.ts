import { type AttributedUse, SOURCE } from '../attribution/attributed.ts';
import { AgentsBySource, type ManyAgents, type SavedAgents } from '../baselines/agents-by-source.ts';
import { ClaimsBySource, type ManyClaims, type SavedClaims } from '../baselines/claims.ts';
import { networkOf, sourceOf } from '../baselines/origin.ts';
import { type ManyUnreadable, type SavedUnreadable, UnreadableBySource } from '../baselines/unreadable.ts';
import type { CredentialUse, Reading } from '../event.ts';
import { isBelieved, PROOF } from '../proof.ts';

/** Characters of a source that an alert's principal keeps. */
const MAX_NETWORK = 64;

export interface SavedSourceWatch {
  /** Absent in what earlier versions saved. */
  readonly claims?: SavedClaims;
  readonly ordinaryClaims?: SavedClaims;
  readonly ordinaryClaimsOfLogs?: readonly (readonly [dataset: string, SavedClaims])[];
  readonly agents?: SavedAgents;
  readonly unreadable?: { readonly logs: SavedUnreadable; readonly principals: SavedUnreadable };
}

const networkOfUse = ({ sourceIp }: CredentialUse): string =>
  sourceIp === undefined ? 'local' : networkOf(sourceIp).slice(0, MAX_NETWORK);

/** Every ordinary use of such a log is a claim: what is much there is known by all of it. */
const isOrdinary = ({ proof }: CredentialUse): boolean => proof.by === PROOF.request.by;

/** Which claims must be looked at together: those of a network, or of a log in which every use is one. */
export const claimRoute = (use: CredentialUse): string =>
  `${SOURCE}/${isOrdinary(use) ? use.dataset : networkOfUse(use)}`;

/** Whether it shows where an agent's credential is used; that of the registry, since others may be invented. */
export const isSighting = ({ sourceIp, proof, result, reading }: CredentialUse): boolean =>
  sourceIp !== undefined && reading === undefined && result !== 'rejected' && isBelieved(proof);

/** Which sightings must be looked at together. */
export const sightingRoute = (use: CredentialUse): string => `${SOURCE}/${networkOfUse(use)}`;

const NO_AGENTS: SavedAgents = { since: null, networks: [] };

/** What counts for a source instead of an agent: claims that are not proven, by network, and records that could not be read, by log. */
export class SourceWatch {
  readonly #claims = new ClaimsBySource(false);
  /** Of logs that are set up so that nothing in them proves an identity, by dataset. */
  readonly #ordinaryClaims = new Map<string, ClaimsBySource>();
  /** What an earlier version knew of all such logs together: each begins with it. */
  #ofAllLogs: SavedClaims | undefined;
  readonly #unreadableOfLogs = new UnreadableBySource();
  readonly #agents = new AgentsBySource();
  /** Of sessions that the server shows to be the principal's. */
  readonly #unreadableOfPrincipals = new UnreadableBySource();

  /** Counts a claim; returns what to report where its network's claims have become many. */
  claim({ use, orderTime }: AttributedUse): ManyClaims | undefined {
    const counted = isOrdinary(use) ? this.#ordinaryClaimsOf(use.dataset) : this.#claims;
    return counted.note(networkOfUse(use), orderTime);
  }

  /** The stream has events from this time on (milliseconds). */
  began(time: number): void {
    this.#agents.began(time);
  }

  /** Notes from where an agent is used; returns what to report where several have come there together. */
  sight({ use, orderTime, attribution: { credential } }: AttributedUse): ManyAgents | undefined {
    if (credential === undefined || use.sourceIp === undefined) return undefined;
    const { agent, peerGroup } = credential;
    return this.#agents.note(networkOfUse(use), sourceOf(use.sourceIp), agent, peerGroup, orderTime);
  }

  /** Datasets are those of formats and configuration, so they are few. */
  #ordinaryClaimsOf(dataset: string): ClaimsBySource {
    const known = this.#ordinaryClaims.get(dataset) ?? new ClaimsBySource(true);
    if (!this.#ordinaryClaims.has(dataset)) {
      if (this.#ofAllLogs !== undefined) known.load(this.#ofAllLogs);
      this.#ordinaryClaims.set(dataset, known);
    }
    return known;
  }

  /**
   * Counts records that were read and that could not be; returns what to report where the latter have become many.
   * @param knownSince event time of the principal's first use, milliseconds
   */
  reading(at: AttributedUse, reading: Reading, knownSince: number | undefined): ManyUnreadable | undefined {
    const { principal } = at.attribution;
    return principal === undefined
      ? this.#unreadableOfLogs.note(`${SOURCE}/${at.use.dataset}`, reading, at.orderTime)
      : this.#unreadableOfPrincipals.note(principal, reading, at.orderTime, knownSince);
  }

  save(): SavedSourceWatch {
    return {
      claims: this.#claims.save(),
      ordinaryClaimsOfLogs: [...this.#ordinaryClaims].map(([dataset, claims]) => [dataset, claims.save()] as const),
      ...(this.#ofAllLogs !== undefined && { ordinaryClaims: this.#ofAllLogs }),
      agents: this.#agents.save(),
      unreadable: { logs: this.#unreadableOfLogs.save(), principals: this.#unreadableOfPrincipals.save() },
    };
  }

  load({ claims, ordinaryClaims, ordinaryClaimsOfLogs = [], agents, unreadable }: SavedSourceWatch): void {
    if (claims !== undefined) this.#claims.load(claims);
    this.#ofAllLogs = ordinaryClaims;
    this.#agents.load(agents ?? NO_AGENTS);
    this.#ordinaryClaims.clear();
    for (const [dataset, saved] of ordinaryClaimsOfLogs) this.#ordinaryClaimsOf(dataset).load(saved);
    this.#unreadableOfLogs.load(unreadable?.logs ?? []);
    this.#unreadableOfPrincipals.load(unreadable?.principals ?? []);
  }
}
