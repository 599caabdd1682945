import type { IdentityKey } from '../event.ts';

/**
 * How surely an identity in an accepted record names one credential, strongest first: the order in which identities
 * are tried.
 * - 1.0: names the very token or key that was presented, as the server that checked it recorded it.
 * - 0.95: names what was authenticated, one step away from the token: a key id, a client, a certificate's subject.
 * - 0.9: a name that several holders may share, or that the issuer puts into the token: a subject, a database user.
 */
export const CONFIDENCE: Readonly<Record<IdentityKey, number>> = {
  token_fingerprint: 1,
  vault_accessor: 1,
  aws_access_key_id: 1,
  credential_id: 0.95,
  mtls_subject: 0.95,
  client_id: 0.95,
  vault_entity_id: 0.95,
  aws_principal_arn: 0.95,
  gcp_principal_email: 0.95,
  jwt_sub: 0.9,
  authensor_principal: 0.9,
  db_user: 0.9,
};

/** Place of each key in that order; 0 is the strongest. */
export const RANK = Object.fromEntries(Object.keys(CONFIDENCE).map((key, index) => [key, index])) as Readonly<
  Record<IdentityKey, number>
>;

/** An identity that fits several credentials of one agent and slot: the principal is sure, the credential is not. */
export const SAME_PRINCIPAL_FACTOR = 0.9;
/** Credentials of different principals fit: it may well be another's doing. */
export const AMBIGUOUS_CONFIDENCE = 0.5;
/** At most this where the identity is only declared: below what response acts on by itself. */
export const DECLARED_CONFIDENCE = 0.7;
/** Accepted by the server, but the registry names nobody. */
export const UNREGISTERED_CONFIDENCE = 0.3;
