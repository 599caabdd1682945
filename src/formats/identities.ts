import type { Identity, Leak, Proof } from '../event.ts';
import type { FoundSecret } from './redact.ts';

const NO_LEAKS: readonly Leak[] = [];

/** What an event may say about the secrets in its record: kind and place, not the fingerprint. */
export const leaksOf = (found: readonly FoundSecret[]): readonly Leak[] =>
  found.length === 0 ? NO_LEAKS : found.map(({ kind, field }) => ({ kind, field }));

/** Who a record names, and how far it proves that. */
export interface Named {
  readonly identities: readonly Identity[];
  readonly proof: Proof;
}

/**
 * The fingerprint of a leaked token identifies a credential only where nothing better does: the record names nobody, authentication did
 * not fail, and exactly one secret was found. Else someone with a credential of their own could put another agent's
 * leaked token beside it and be taken for that agent.
 * @param proof of the token: it stands in the request, so that mostly nothing shows that the server looked at it
 */
export const withFingerprint = (named: Named, found: readonly FoundSecret[], proof: Proof): Named => {
  const [only] = found;
  if (named.identities.length > 0 || named.proof.state === 'rejected' || found.length !== 1 || only === undefined)
    return named;
  return { identities: [{ key: 'token_fingerprint', value: only.fingerprint() }], proof };
};
