import type { ExternalAccountClientOptions } from 'google-auth-library';
import { CallError } from './errors.ts';
import { isTransientStatus } from './http.ts';

/** The `type` of a configuration of workload identity federation, as `gcloud iam workload-identity-pools create-cred-config` writes it. */
export const FEDERATED = 'external_account';

/**
 * A token of Google Cloud for one that another issuer gave: workload identity federation (RFC 8693), and from there, where the
 * configuration says so, for the service account that it impersonates. The library reads the other token from where that lies.
 * @throws CallError where none can be had; it quotes neither token
 */
export async function federatedToken(
  configuration: object,
  scope: string,
  timeoutMs: number,
): Promise<{ readonly value: string; readonly expiresAt: number }> {
  const { ExternalAccountClient } = await import('google-auth-library');
  const options = { ...configuration, transporterOptions: { timeout: timeoutMs, retry: false } };
  try {
    const client = ExternalAccountClient.fromJSON(options as ExternalAccountClientOptions);
    if (client === null) throw new TypeError('no configuration of it');
    client.scopes = [scope];
    const { token } = await client.getAccessToken();
    const expiresAt = client.credentials.expiry_date;
    if (!token || !expiresAt) throw new CallError('Google Cloud answered without a token', false);
    return { value: token, expiresAt };
  } catch (error) {
    throw error instanceof CallError ? error : refusal(error);
  }
}

/** Of an answer only its status: its text may quote the token that was sent. */
function refusal(error: unknown): CallError {
  const { status, code, response } = error as FederationError;
  const answered = status ?? response?.status;
  if (answered !== undefined) {
    const text = `Google Cloud answered ${answered} to workload identity federation`;
    return isTransientStatus(answered)
      ? new CallError(text, true)
      : new CallError(`${text}: check the pool, its provider, and what may impersonate the service account`, false);
  }
  if (typeof code === 'string' && FILE_ERRORS.has(code))
    return new CallError(`the token for workload identity federation can't be read (${code})`, false);
  if (typeof code === 'string') return new CallError(`workload identity federation: no answer (${code})`, true);
  return new CallError(
    'the configuration of workload identity federation is damaged, or its token is; make it anew',
    false,
  );
}

interface FederationError {
  readonly status?: number;
  readonly code?: unknown;
  readonly response?: { readonly status?: number };
}

const FILE_ERRORS = new Set(['ENOENT', 'EACCES', 'EISDIR']);
