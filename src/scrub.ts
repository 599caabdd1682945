const MAX_LENGTH = 500;

/**
 * A message without any of the secrets that its making involved: clients quote URLs, headers and passwords in their
 * errors, and servers what they were sent. A URL's password is removed too, as written and decoded.
 */
export const scrub = (message: string, secrets: readonly string[]): string =>
  without(message, secrets.flatMap(formsOf)).slice(0, MAX_LENGTH);

/** What this process was given as secrets, with their forms; the oldest are forgotten. */
const known = new Map<string, readonly string[]>();
const MAX_KNOWN = 1_000;
/** A shorter one may be a word of any message. */
const MIN_KNOWN = 8;

/** From here on `scrubKnown` knows it. */
export function remember(secret: string): void {
  if (secret.length < MIN_KNOWN) return;
  known.delete(secret);
  known.set(secret, formsOf(secret));
  const [oldest] = known.keys();
  if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
}

/** A text without any secret that this process was given: the last line of defence, for what nobody foresaw. */
export const scrubKnown = (text: string): string => without(text, [...known.values()].flat());

function without(text: string, forms: readonly string[]): string {
  // The longest first: what is left of one that held another would still be read.
  const present = [...new Set(forms)].filter((form) => form !== '' && text.includes(form));
  const longestFirst = present.sort((a, b) => b.length - a.length);
  return longestFirst.reduce((clean, form) => clean.replaceAll(form, '[redacted]'), text);
}

const inString = (text: string): string => JSON.stringify(text).slice(1, -1);

/** As messages quote it: without the spaces around it, which no header keeps, within JSON, also of JSON, percent-encoded. */
function formsOf(secret: string): string[] {
  return withParts(secret).flatMap((part) => {
    const plain = part.trim();
    const quoted = inString(plain);
    return [part, plain, quoted, inString(quoted), encodeURIComponent(plain.toWellFormed())];
  });
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
