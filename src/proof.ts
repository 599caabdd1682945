import type { Proof, ProofState } from './event.ts';

/**
 * Proof belongs to how an identity got into the record, not to the status alone.
 * - `verified`: the server derived it from a secret that it checked, or the record shows that authentication passed.
 * - `declared`: the operator's format names the field, and nothing in the record shows more. Attributes, teaches and alerts,
 *   with a confidence of at most 0.7; never acts on its own.
 * - `unproven`: copied from the request. Counts against no agent; counted for its source address.
 * - `rejected`: authentication failed. Likewise.
 */
const proof = (state: ProofState, by: string): Proof => Object.freeze({ state, by });

/** Every proof that a format can give. A new one is a line here. */
export const PROOF = {
  /** The gateway looked the identity up by the key that it checked (`identity: from-key-map`). */
  keyMap: proof('verified', 'key-map'),
  /** The operator says that authentication runs before whatever this status comes from (`identity: authenticated`). */
  authenticated: proof('verified', 'authenticated'),
  /** A field of the record says so, as `proof:` of the user's format names it. */
  field: proof('verified', 'proof-field'),
  /** `proof: verified` of the user's format: the server writes only identities that it has checked. */
  format: proof('verified', 'format'),
  /** Only an authenticated database session writes such a record. */
  session: proof('verified', 'session'),
  /** Vault's own account of the token that it checked. */
  vaultAuth: proof('verified', 'auth'),
  /** A format without `proof:`, or a source without `identity:`. */
  undeclared: proof('declared', 'undeclared'),
  /** An AUDIT line of PostgreSQL's stderr log, whose prefix is text that clients write into. */
  stderrPrefix: proof('declared', 'stderr-prefix'),
  /** An event that an earlier version handed on without a proof. */
  earlierVersion: proof('declared', 'earlier-version'),
  /** The name stands in the request, and the source does not say that it was checked. */
  request: proof('unproven', 'request'),
  /** The gateway may have answered before it authenticated. */
  beforeAuthentication: proof('unproven', 'before-authentication'),
  /** The record could not be read as a whole. */
  unreadable: proof('unproven', 'unreadable'),
  /** The session that the line names was not seen to be authenticated, or is another one. */
  unknownSession: proof('unproven', 'unknown-session'),
  /** 401, 407, a failed login, a database session that ended before it was authenticated. */
  failed: proof('rejected', 'authentication-failed'),
  /** A Vault request whose token Vault did not accept. */
  noAuth: proof('rejected', 'no-auth'),
} as const satisfies Readonly<Record<string, Proof>>;

const KNOWN: ReadonlyMap<string, Proof> = new Map(Object.values(PROOF).map((one) => [`${one.state} ${one.by}`, one]));

/** The proof that was handed on or saved as these words. */
export const storedProof = (state: ProofState, by: string): Proof => KNOWN.get(`${state} ${by}`) ?? proof(state, by);

const RANK: Readonly<Record<ProofState, number>> = { verified: 0, declared: 1, unproven: 2, rejected: 3 };

/** Whether the record counts for the agent that it names. */
export const isBelieved = ({ state }: Proof): boolean => RANK[state] <= RANK.declared;
