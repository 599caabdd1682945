/** Which names say that a value is a secret, and which values are none whatever their name. */

const NEVER_SECRET =
  /^(?:\[?redacted(?::[a-z-]{1,32})?\]?|\[?(?:filtered|hidden|masked|removed|scrubbed)\]?|<redacted>|\*{3,}\w{0,4}|•{3,}|x{3,}|hmac-sha256:[0-9a-f]{64}|hidden_due_to_security_reasons|null|none|nil|true|false|yes|no|on|off|undefined|invalid|expired|missing|required|unknown|anonymous|basic|bearer|digest|negotiate|ntlm|aws4-hmac-sha256|\$\d{1,5}|\?|%s|\$?\{{1,2}[\w .:$-]{0,64}\}{1,2}|\$\([\w .:$-]{0,64}\)?|\$?\{\{|%[a-z_]{1,32}%|<[^<>]{0,64}>)[,;)}]*$/i;

/** Placeholders, Vault's HMACs and empty values: what may stand behind a telling name without being a secret. */
export const isPlaceholder = (value: string): boolean =>
  value === '' || (value.length < 128 && NEVER_SECRET.test(value));

/** Endings of names, lower case without `-`, `_`, `.`, that say: the value is a secret. */
const TELLING = new RegExp(
  `(?:${[
    'passwords?|passwd|passphrase|passcode|passwort|kennwort|contrasena|motdepasse|pwd',
    'password(?:confirm|confirmation|again|repeat|verify|value)',
    'secrets?|secretid|secretvalue|secretstring|secrettext',
    'token|tokenvalue|(?:access|refresh|auth|api|id|bearer)tokens|jwt|assertion|samlresponse',
    '(?:api|secret|access|account|private|encryption|signing|shared|master|auth|service|subscription|functions|application)keys?',
    '(?:app|storage|sas|session|license)key|keymaterial|connectionstring',
    'authorization|signature|devicecode|authcode|authorizationcode|codeverifier',
    'jsessionid|phpsessid|aspsessionid[a-z]{0,16}|aspnetsessionid|connectsid|laravelsession',
  ].join('|')})$`,
);
/** Short names: with a value of fewer characters than this they are counts and words (`pass: 3`, `auth: ok`). */
const LEAST_OF_SHORT = 4;
const TELLING_WHOLE = new Set(['pass', 'sig', 'auth', 'bearer', 'otp', 'totp', 'xamzsecuritytoken']);
/** Cursors, counters, hashes and keys against repetition, of harmless APIs, that end like a secret. */
const HARMLESS =
  /(?:page|next|continuation|continue|cursor|sync|max|min|num|per|stop|has|is|cancel|change|pagination|resume|starting|previous|prev|hashed|idempotency|clientrequest|delta|scroll|watch|snapshot|bookmark|input|output|prompt|completion|total)tokens?$/;
/** AWS's key against repetition; Vault's `client_token` is the token itself. */
const CLIENT_TOKEN = /[cC]lientToken$/;

const plainOf = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, '');

/** Whether a field of this name holds a secret: `X-Api-Key`, `client_secret`, `accessToken`, `Authorization2`. */
export const isTelling = (name: string): boolean => {
  const plain = plainOf(name);
  return (
    TELLING_WHOLE.has(plain) ||
    isCookie(name) ||
    (TELLING.test(plain) && !HARMLESS.test(plain) && !CLIENT_TOKEN.test(name))
  );
};

/** Whether a field of this name holds cookies: `Cookie`, `http_cookie`, `Set-Cookie`. */
export const isCookie = (name: string): boolean => /cookies?\d?$/i.test(name);

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Whether a value is no secret although its name is telling: a placeholder, an id, the name of a secret. */
export const isHarmless = (name: string, value: string): boolean => {
  if (isPlaceholder(value)) return true;
  // Names of resources, and ids of AWS keys and roles.
  if (/^(?:arn:[\w-]{3,16}:|(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,124}$)/.test(value)) return true;
  const plain = plainOf(name);
  // AWS logs it itself: without its secret key it is of no use.
  if (plain === 'sessiontoken' && /^(?:IQoJ|FwoG|FQoG)/.test(value)) return true;
  // LiteLLM writes of a key only its hash.
  if (plain === 'userapikey' && /^[0-9a-f]{64}$/.test(value)) return true;
  // The name of a secret in CloudTrail; Vault's `secret_id` is the secret.
  if (/secretId$/i.test(name) && !name.includes('_') && !UUID.test(value)) return true;
  if (plain === 'pwd') return /^(?:[/~]|[A-Za-z]:\\)/.test(value);
  if (plain.endsWith('s') && !plain.endsWith('pass')) return !looksRandom(value);
  return TELLING_WHOLE.has(plain) && value.length < LEAST_OF_SHORT;
};

/** What the leak is called: by its name in the text, from a fixed few. */
export const kindOf = (name: string): string => {
  const plain = name.toLowerCase();
  if (plain.includes('pass') || plain.includes('pwd')) return 'password';
  if (plain.includes('cookie') || plain.includes('sess')) return 'cookie';
  if (plain.includes('sig')) return 'signature';
  if (plain.includes('key')) return 'api-key';
  if (plain.includes('token') || plain.includes('jwt') || plain.includes('auth') || plain.includes('bearer'))
    return 'token';
  return 'secret';
};

/** Whether a word behind `Bearer` is a credential and not the next word of a sentence. */
export const looksRandom = (word: string): boolean =>
  word.length >= 8 && (/\d/.test(word) || /[a-z][A-Z]|=$/.test(word) || word.length >= 24);
