/** A refusal in the form of Google's APIs: https://google.aip.dev/193 */
export class GoogleError extends Error {
  readonly code: number;
  readonly status: string;
  readonly details: readonly object[];

  constructor(code: number, status: string, message: string, details: readonly object[] = []) {
    super(message);
    this.code = code;
    this.status = status;
    this.details = details;
  }

  toJSON(): object {
    const { code, message, status, details } = this;
    return { error: { code, message, status, ...(details.length === 0 ? {} : { details }) } };
  }
}

export const notFound = (message: string): GoogleError => new GoogleError(404, 'NOT_FOUND', message);

export const failedPrecondition = (message: string): GoogleError =>
  new GoogleError(400, 'FAILED_PRECONDITION', message);

export function invalidArgument(message: string): GoogleError {
  const violation = {
    '@type': 'type.googleapis.com/google.rpc.BadRequest',
    fieldViolations: [{ description: message }],
  };
  return new GoogleError(400, 'INVALID_ARGUMENT', message, [violation]);
}

export const permissionDenied = (permission: string, resource: string): GoogleError =>
  new GoogleError(403, 'PERMISSION_DENIED', `Permission '${permission}' denied on resource (or it may not exist).`, [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'IAM_PERMISSION_DENIED',
      domain: 'iam.googleapis.com',
      metadata: { permission, resource },
    },
  ]);

export const unauthenticated = (what: 'is missing required' | 'had invalid'): GoogleError =>
  new GoogleError(
    401,
    'UNAUTHENTICATED',
    `Request ${what} authentication credential${what === 'had invalid' ? 's' : ''}. Expected OAuth 2 access token, login cookie or other valid authentication credential.`,
  );

/** The object in a body, refused as Google's JSON transcoding does where a field is not one of `allowed`. */
export function objectOf(value: unknown, allowed: readonly string[], at = ''): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidArgument('Invalid JSON payload received. Unexpected token.');
  const unknown = Object.keys(value).find((name) => !allowed.includes(name));
  if (unknown === undefined) return value as Record<string, unknown>;
  const where = at === '' ? '' : ` at '${at}'`;
  throw invalidArgument(`Invalid JSON payload received. Unknown name "${unknown}"${where}: Cannot find field.`);
}
