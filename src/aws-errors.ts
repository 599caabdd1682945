import { CallError } from './errors.ts';
import { isTransientStatus } from './http.ts';
import { reasonOf, scrub } from './scrub.ts';

/** What to do about AWS's codes. https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
const ADVICE: Readonly<Record<string, string>> = {
  InvalidClientTokenId: 'it does not know the access key: it was deleted, or is of another partition',
  UnrecognizedClientException: 'it does not know the access key: it was deleted, or is of another partition',
  SignatureDoesNotMatch: 'the secret access key is not the one of the access key',
  InvalidSignatureException: 'the secret access key is not the one of the access key, or the clock here is wrong',
  IncompleteSignature: 'the access key id or the region has characters that it must not have',
  ExpiredToken: 'the credentials are expired',
  ExpiredTokenException: 'the credentials are expired',
  RequestExpired: 'the clock here is wrong',
  RequestTimeTooSkewed: 'the clock here is wrong',
};

/**
 * Codes whose text is shown, since it says what is missing. Of others it isn't: signature errors quote what was signed,
 * with session tokens in it, and the SDK's own errors the command that prints credentials.
 */
const SHOWN =
  /^(AccessDenied|NoSuchEntity|ResourceNotFound|MalformedPolicyDocument|LimitExceeded|UnmodifiableEntity|DeleteConflict|DecryptionFailure)(Exception)?$/;

/** Full of work, or busy with the same user. */
const TRANSIENT =
  /^(Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled|ServiceFailure|InternalService|ConcurrentModification|EntityTemporarilyUnmodifiable)/;

interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
  /** Where the answer could not be read: XML where JSON was expected, a proxy's page. */
  readonly $response?: { readonly statusCode?: number };
}

/** Whether AWS said that there is no such user, role, key or policy. */
export const isNoSuchEntity = (error: unknown): error is Error =>
  error instanceof Error && /^NoSuchEntity(Exception)?$/.test(error.name);

/** Whether AWS refused because of rights; also what it answers for an access key that is not of the account. */
export const isAccessDenied = (error: unknown): error is Error =>
  error instanceof Error && /^AccessDenied(Exception)?$/.test(error.name);

/** What went wrong at AWS, in a form that may be shown: what the SDK throws can hold keys and tokens. */
export function whyAws(error: unknown, secrets: readonly string[]): CallError {
  if (error instanceof CallError) return error;
  if (!(error instanceof Error)) return new CallError("AWS's client failed", false);
  const { $metadata, $response } = error as SdkError;
  const status = $metadata?.httpStatusCode ?? $response?.statusCode;
  const message = status === undefined ? noAnswer(error) : answer(error, status);
  const retryable = status === undefined ? !isRegion(error) : isTransientStatus(status) || TRANSIENT.test(error.name);
  return new CallError(scrub(message, secrets), retryable);
}

function answer({ name, message }: Error, status: number): string {
  // Not every 403 has a code: it may be XML where the client reads JSON.
  const code = name === 'SyntaxError' ? '' : ` ${name}`;
  const advice = ADVICE[name] ?? (SHOWN.test(name) ? message.replaceAll(/\s+/g, ' ') : undefined);
  const unsaid = status === 403 ? 'Wayward may not do that there' : undefined;
  const why = advice ?? unsaid;
  return `AWS answered ${status}${code}${why === undefined ? '' : `: ${why}`}`;
}

const isRegion = ({ message }: Error): boolean => message === 'Region is missing';

function noAnswer(error: Error): string {
  if (isRegion(error)) return 'AWS: no region is known; write region in the settings, or set AWS_REGION';
  if (error.name === 'CredentialsProviderError')
    return "AWS: no credentials were found; write access_key_id and secret_access_key in the settings, or give Wayward's process what the SDK looks for (AWS_PROFILE, a role of the machine)";
  if ('code' in error || error.name === 'TimeoutError') return `AWS: ${reasonOf(error)}`;
  return `AWS's client failed: ${error.name}`;
}
