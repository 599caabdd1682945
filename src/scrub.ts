/**
 * A message without any of the secrets that its making involved: clients quote URLs, headers and passwords in their
 * errors. A URL's password is removed too, as written and decoded.
 */
export function scrub(message: string, secrets: readonly string[]): string {
  let clean = message;
  for (const secret of secrets.flatMap(withParts)) {
    if (secret !== '') clean = clean.replaceAll(secret, '[redacted]');
  }
  return clean.slice(0, 500);
}

function withParts(secret: string): string[] {
  const password = /:\/\/[^/@]*?:(.*)@/.exec(secret)?.[1];
  if (password === undefined) return [secret];
  try {
    return [secret, password, decodeURIComponent(password)];
  } catch {
    return [secret, password]; // not percent-encoded after all
  }
}

/** What went wrong, with the reason that `fetch` and sockets hide in `cause` and in their codes. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const text = [code, error.message].filter((part) => part !== undefined && part !== '').join(' ');
  return inner instanceof Error ? `${text}: ${reasonOf(inner)}` : text;
}
