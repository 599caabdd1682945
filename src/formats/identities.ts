import type { Identity, Leak, Result } from '../event.ts';
import type { FoundSecret } from './redact.ts';

const NO_LEAKS: readonly Leak[] = [];

/** What an event may say about the secrets in its record: kind and place, not the fingerprint. */
export const leaksOf = (found: readonly FoundSecret[]): readonly Leak[] =>
  found.length === 0 ? NO_LEAKS : found.map(({ kind, field }) => ({ kind, field }));

/**
 * The fingerprint of a leaked token identifies a credential only where nothing better does: the record names nobody, the server
 * accepted the request, and exactly one secret was found. Else someone with a credential of their own could put another agent's
 * leaked token beside it and be taken for that agent.
 */
export const withFingerprint = (
  named: readonly Identity[],
  result: Result,
  found: readonly FoundSecret[],
): readonly Identity[] => {
  const [only] = found;
  return named.length > 0 || result === 'rejected' || found.length !== 1 || only === undefined
    ? named
    : [{ key: 'token_fingerprint', value: only.fingerprint }];
};
