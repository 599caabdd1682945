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
  return longestFirst.reduce((clean, form) => clean.replace(whereItIsASecret(form), '[redacted]'), text);
}

/** A shorter one stands within other words: `resp` in `response`. */
const LEAST_ANYWHERE = 8;
/** Of letters or of digits alone: it may be a word of any message or a port, and its absence would tell what it is. */
const PLAIN = /^(?:[A-Za-z][a-z]*|[A-Z]+|\d+)$/;
/** Words of messages that are as long as a password. */
const WORDS = new Set([
  ...['administrator', 'authentication', 'connection', 'database', 'internal', 'localhost', 'password', 'permission'],
  ...['postgres', 'postgresql', 'required', 'response', 'username'],
]);

/** Places of a text where a form of a secret is that secret, and no other word. */
function whereItIsASecret(form: string): RegExp {
  const own = form.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const isPlain = PLAIN.test(form) && (form.length < LEAST_ANYWHERE || WORDS.has(form.toLowerCase()));
  if (isPlain)
    return new RegExp(
      `(?<=:\\/\\/[^\\s/@]{0,256}:)${own}(?=@)|(?<=["'\`=])${own}(?=["'\`&;,\\s]|$)|(?<=(?:pass(?:word)?|pwd|secret|token|key)["']?[:= ]{1,3}["']?)${own}(?!\\w)`,
      'gi',
    );
  const isShort = form.length < LEAST_ANYWHERE;
  return new RegExp(isShort ? `(?<![\\p{L}\\p{N}])${own}(?![\\p{L}\\p{N}])` : own, 'gu');
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
