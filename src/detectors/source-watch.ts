import { type AttributedUse, SOURCE } from '../attribution/attributed.ts';
import { ClaimsBySource, type ManyClaims, type SavedClaims } from '../baselines/claims.ts';
import { networkOf } from '../baselines/origin.ts';
import { type ManyUnreadable, type SavedUnreadable, UnreadableBySource } from '../baselines/unreadable.ts';
import type { Reading } from '../event.ts';
import { PROOF } from '../proof.ts';

/** Characters of a source that an alert's principal keeps. */
const MAX_NETWORK = 64;

export interface SavedSourceWatch {
  /** Absent in what earlier versions saved. */
  readonly claims?: SavedClaims;
  readonly ordinaryClaims?: SavedClaims;
  readonly unreadable?: { readonly logs: SavedUnreadable; readonly principals: SavedUnreadable };
}

/** What counts for a source instead of an agent: claims that are not proven, by network, and records that could not be read, by log. */
export class SourceWatch {
  readonly #claims = new ClaimsBySource(false);
  /** Of sources that are set up so that nothing in them proves an identity. */
  readonly #ordinaryClaims = new ClaimsBySource(true);
  readonly #unreadableOfLogs = new UnreadableBySource();
  /** Of sessions that the server shows to be the principal's. */
  readonly #unreadableOfPrincipals = new UnreadableBySource();

  /** Counts a claim; returns what to report where its network's claims have become many. */
  claim({ use, orderTime }: AttributedUse): ManyClaims | undefined {
    const network = use.sourceIp === undefined ? 'local' : networkOf(use.sourceIp).slice(0, MAX_NETWORK);
    const counted = use.proof.by === PROOF.request.by ? this.#ordinaryClaims : this.#claims;
    return counted.note(network, orderTime);
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
      ordinaryClaims: this.#ordinaryClaims.save(),
      unreadable: { logs: this.#unreadableOfLogs.save(), principals: this.#unreadableOfPrincipals.save() },
    };
  }

  load({ claims, ordinaryClaims, unreadable }: SavedSourceWatch): void {
    if (claims !== undefined) this.#claims.load(claims);
    if (ordinaryClaims !== undefined) this.#ordinaryClaims.load(ordinaryClaims);
    this.#unreadableOfLogs.load(unreadable?.logs ?? []);
    this.#unreadableOfPrincipals.load(unreadable?.principals ?? []);
  }
}
