const MAX_LENGTH = 500;

/**
 * A message without any of the secrets that its making involved: clients quote URLs, headers and passwords in their
 * errors, and servers what they were sent. A URL's password is removed too, as written and decoded.
 */
export function scrub(message: string, secrets: readonly string[]): string {
  const written = new Set(secrets.flatMap(withParts).flatMap(formsOf));
  // The longest first: what is left of one that held another would still be read.
  const longestFirst = [...written].filter((form) => form !== '').sort((a, b) => b.length - a.length);
  let clean = message;
  for (const form of longestFirst) clean = clean.replaceAll(form, '[redacted]');
  return clean.slice(0, MAX_LENGTH);
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

/** As messages quote it: without the spaces around it, which no header keeps, within a JSON string, percent-encoded. */
function formsOf(secret: string): string[] {
  const plain = secret.trim();
  return [secret, plain, JSON.stringify(plain).slice(1, -1), encodeURIComponent(plain.toWellFormed())];
}

/** What went wrong, with the reason that `fetch` and sockets hide in `cause` and in their codes. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const text = [code, error.message].filter((part) => part !== undefined && part !== '').join(' ');
  return inner instanceof Error ? `${text}: ${reasonOf(inner)}` : text;
}
