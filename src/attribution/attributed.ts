import type { CredentialUse, IdentityKey } from '../event.ts';
import type { Credential } from './credential.ts';

/**
 * How we know whose credential it was.
 * - a match key: the registry names that identity.
 * - `unregistered`: accepted by the server, but not in the registry; tracked under its own name, within a bound.
 * - `overflow`: unregistered beyond the bound; counted, no baseline.
 * - `claimed`: a record that does not prove who it was (`unproven`, `rejected`); counts against no agent.
 * - `none`: the record carries no identity.
 */
export type AttributionMethod = IdentityKey | 'unregistered' | 'overflow' | 'claimed' | 'none';

/** Stands for the agent in the name of a provisional principal: `unregistered/KEY:VALUE`. No registered agent has this name. */
export const UNREGISTERED_AGENT = 'unregistered';

/** Stands for all unregistered identities beyond those that are followed one by one. */
export const OTHERS = `${UNREGISTERED_AGENT}/others`;

/** Stands for the agent in the name of an alert about where uses came from: `source/NETWORK`. No registered agent has this name. */
export const SOURCE = 'source';

export interface Attribution {
  readonly method: AttributionMethod;
  /** 0 … 1: how surely the use belongs to this principal. */
  readonly confidence: number;
  /** `agent/slot`, or `unregistered/KEY:VALUE`; undefined where it counts for no one. */
  readonly principal: string | undefined;
  readonly credential: Credential | undefined;
  /** The credentials that matched, where an identity fits several of them. */
  readonly ambiguous: readonly string[] | undefined;
}

/** An event whose place in time is settled and whose credential is decided: what detection sees. */
export interface AttributedUse {
  readonly use: CredentialUse;
  /**
   * `event.id`: 64 bits or more of SHA-256 over format and record bytes, hex; only made when asked, since few are needed.
   * Call it on the event: it isn't bound to it.
   */
  id(): string;
  /** Came when later uses of its principal had been counted: it is neither counted nor learned. */
  readonly late: boolean;
  /** How long after its turn it came, milliseconds; 0 as a rule. */
  readonly lateMs: number;
  /** When it is observed, milliseconds since the epoch: its own time. Where records come late, it goes back along the stream. */
  readonly orderTime: number;
  readonly attribution: Attribution;
  /**
   * Where several processes share the work, its source is looked at where all uses of that source are: `elsewhere` than the rest of it; `only` its source
   * is looked at here. Absent where all of it is.
   */
  readonly sight?: 'elsewhere' | 'only' | undefined;
}
