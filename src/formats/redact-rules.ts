import { LOOK } from './look.ts';

/**
 * What secrets look like. Each rule is linear: no unbounded repetition is followed by something that can still fail.
 * Prefixes are the issuers' published ones (GitHub, Slack, Stripe, OpenAI, Anthropic, Google, GitLab, npm, SendGrid, Vault).
 */

const NEVER_SECRET =
  /^(?:\[?redacted(?::[a-z-]{1,32})?\]?|<redacted>|\*{3,}|x{3,}|hmac-sha256:[0-9a-f]{64}|null|none|nil|true|false|undefined|\$\d{1,5}|\?|%s|\$?\{[^{}]{0,64}\}|<[^<>]{0,64}>)[,;)}]*$/i;

/** Placeholders, Vault's HMACs and empty values: what may stand behind a telling name without being a secret. */
export const isPlaceholder = (value: string): boolean =>
  value === '' || (value.length < 128 && NEVER_SECRET.test(value));

/** Endings of names, lower case without `-`, `_`, `.`, that say: the value is a secret. */
const TELLING =
  /(?:password|passwd|passphrase|pwd|secret|secretid|token|apikey|secretkey|accesskey|accountkey|privatekey|authorization|signature|jwt|clientassertion)$/;
const TELLING_WHOLE = new Set(['pass', 'sig', 'auth', 'bearer', 'xamzsecuritytoken', 'cookie', 'setcookie']);
/** Cursors and counters of harmless APIs that end like a secret. */
const HARMLESS = /(?:page|next|continuation|continue|cursor|sync|max|min|num|per|stop|has|is|cancel|change)tokens?$/;

/** Whether a field of this name holds a secret: `X-Api-Key`, `client_secret`, `accessToken`, `Authorization2`. */
export const isTelling = (name: string): boolean => {
  const plain = name.toLowerCase().replace(/[^a-z]/g, '');
  return TELLING_WHOLE.has(plain) || (TELLING.test(plain) && !HARMLESS.test(plain));
};

/** What the leak is called: by its name in the text, from a fixed few. */
export const kindOf = (name: string): string => {
  const plain = name.toLowerCase();
  if (plain.includes('pass') || plain.includes('pwd')) return 'password';
  if (plain.includes('sig')) return 'signature';
  if (plain.includes('key')) return 'api-key';
  if (plain.includes('token') || plain.includes('jwt') || plain.includes('auth') || plain.includes('bearer'))
    return 'token';
  return 'secret';
};

/** Kinds by prefix, tried in order. */
export const PREFIXED: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['private-key', /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g],
  ['vault-token', /(?<![A-Za-z0-9])(?:hv[sbr]\.[\w-]{8,}|[sbr]\.[A-Za-z0-9]{24}(?![A-Za-z0-9]))/g],
  ['github-token', /(?:gh[opurs]_[A-Za-z0-9]{20,}|github_pat_\w{20,})/g],
  ['gitlab-token', /glpat-[\w-]{16,}/g],
  ['slack-token', /xox[a-z]-[\w-]{10,}/g],
  ['stripe-key', /(?:[sr]k_(?:live|test)_|whsec_)[A-Za-z0-9]{10,}/g],
  ['api-key', /(?<![A-Za-z0-9])sk-[\w-]{16,}/g],
  ['google-token', /(?:AIza[\w-]{30,}|ya29\.[\w.-]{16,}|GOCSPX-[\w-]{16,})/g],
  ['npm-token', /npm_[A-Za-z0-9]{30,}/g],
  ['hugging-face-token', /(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}/g],
  ['digitalocean-token', /do[opr]_v1_[0-9a-f]{64}/g],
  ['sendgrid-key', /SG\.[\w-]{16,40}\.[\w-]{16,}/g],
];

/** `Bearer`, `Basic`, `ApiKey` or `Token`, then the credential (RFC 9110, 11.4); `%20` and `+` are spaces of a query. */
export const SCHEME = /\b(bearer|basic|apikey|token)(?:\s|%20|\+|:){1,4}([\w.~+/=%-]{3,})/gi;

/** The password in `scheme://user:password@host` (RFC 3986, 3.2.1). */
export const USERINFO = /:\/\/([^\s/?#:"'<>@]{0,256}):([^\s/?#"'<>]{1,256})@/g;

/**
 * A name and what stands before its value: `name=`, `name: `, `"name":"`, `"name":["`, the same inside a JSON string,
 * and percent-encoded. Group 1 is the name.
 */
export const NAME =
  /([A-Za-z_][\w.-]{1,47})(?:\\{0,3}["']|%22|\])?\s{0,3}(?:=>|[=:]|%3[Aa]|%3[Dd])\s{0,3}(?:\[\s{0,3})?/g;

/** Its value, by quoting: 1 in a string inside a string, 2 and 3 quoted, 4 bare. */
export const VALUE =
  /\\+"([^"]*)|"((?:[^"\\]|\\[\s\S])*)|'((?:[^'\\]|\\[\s\S])*)|((?:(?:bearer|basic|apikey|token)(?:\s|%20|\+){1,3})?[^\s&"'<>]+)/iy;

/** SQL: `PASSWORD 'x'`, `IDENTIFIED BY 'x'`, with escape strings and dollar quotes. */
export const SQL_PASSWORD =
  /\b((?:password|identified\s{1,4}by(?:\s{1,4}password)?)\s{0,8}(?:[a-z]|u&)?)(?:'((?:[^'\\]|''|\\[\s\S])*)|\$(\w{0,32})\$([\s\S]*?)(?:\$\3\$|$))/gi;

/** Whether a word behind `Bearer` is a credential and not the next word of a sentence. */
export const looksRandom = (word: string): boolean =>
  word.length >= 8 && (/\d/.test(word) || /[a-z][A-Z]|=$/.test(word) || word.length >= 24);

const TELLING_SIGNS =
  /pass|pwd|secret|token|api[-_.]?key|ac(?:cess|count)[-_.]?key|private[-_ .]?key|auth|sig|jwt|bearer|basic|identified|assertion|cookie|:\/\/[^/\s]{0,512}@/i;
const PREFIX_SIGNS =
  /eyJ|hv[sbr]\.|[sbr]\.[A-Za-z0-9]{24}|gh[opurs]_|github_pat_|glpat-|xox[a-z]-|[sr]k_|whsec_|sk-|AIza|ya29|GOCSPX|npm_|hf_|do[opr]_v1_|SG\./;

/** Whether a text in which `look` saw this needs to be searched. */
export const mayHoldSecret = (text: string, seen: number): boolean =>
  ((seen & LOOK.sign) !== 0 && TELLING_SIGNS.test(text)) || ((seen & LOOK.run) !== 0 && PREFIX_SIGNS.test(text));
