import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** A secret that must come out nowhere. */
export interface Canary {
  /** What it is, for whoever reads of a leak. */
  readonly name: string;
  readonly value: string;
  /** Letters and digits of it that no encoding of a text changes; each alone gives it away. */
  readonly parts: readonly string[];
}

/** 20 letters and digits that stand nowhere else. */
const part = (): string => randomBytes(30).toString('base64').replaceAll(/[+/]/g, '').slice(0, 20);

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** What passwords and tokens look like where people and issuers make them up; each is made around a part. */
const SHAPES: Readonly<Record<string, (part: string) => string>> = {
  'letters and digits': (part) => part,
  'a regular expression': (part) => `^(.*)+[${part}]{2,}\\d$&|$`,
  'what a shell reads': (part) => `$(id)\`x\`;"'&>${part}\\ *?~!`,
  'what a URL is made of': (part) => `p@ss:w/rd?${part}#&=+`,
  'percent-encoded': (part) => encodeURIComponent(`p@ss word/${part}`),
  'a percent that encodes nothing': (part) => `100%${part}%zz%`,
  JSON: (part) => `{"a":"\\"${part}\\n"}`,
  YAML: (part) => `: - !!str &a *b ${part} # %`,
  SQL: (part) => `it''s'; DROP ROLE "${part}" --`,
  HTML: (part) => `<b title='${part}'>&amp;</b>`,
  'another alphabet': (part) => `pässwört–${part}–пароль`,
  'spaces around it': (part) => `  ${part} two words  `,
  'several lines': (part) => `${part}\nsecond line\n\n`,
  'a control character': (part) => `${part}\u0007\u001b[31m`,
  'a token of Vault': (part) => `hvs.CAES${part}`,
  'a secret key of AWS': (part) => `wJalr/${part}+bPxRfiCY/KEY`,
  'a token of GitHub': (part) => `ghp_${part}0123456789abcdef`,
  'a key of an API': (part) => `sk-${part}-ab12`,
  'a signing key of a webhook': (part) => `whsec_${base64(`${part}-webhook`)}`,
  'user and password in base64': (part) => base64(`user:${part}`),
};

/** Runs of letters and digits that are too long to be a word, the longest first. */
const partsOf = (value: string): string[] =>
  [...new Set(value.match(/[A-Za-z0-9]{12,}/g))].sort((a, b) => b.length - a.length).slice(0, 3);

/** A secret of that name, or one that a server made. */
export const canaryOf = (name: string, value: string): Canary => ({ name, value, parts: partsOf(value) });

/** A new one of each shape. */
export const canariesOfEveryShape = (): Canary[] =>
  Object.entries(SHAPES).map(([name, made]) => {
    const own = part();
    return { name, value: made(own), parts: [own] };
  });

/** A new one of letters and digits. */
export const plainCanary = (name: string): Canary => canaryOf(name, part());

/** The JSON of a service-account key, as Google gives it out: its private key is what must not come out. */
export function serviceAccountKey(tokenUri: string): Canary {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const value = JSON.stringify({
    type: 'service_account',
    project_id: 'billing-prod',
    private_key_id: randomBytes(20).toString('hex'),
    private_key: pem,
    client_email: 'wayward@billing-prod.iam.gserviceaccount.com',
    token_uri: tokenUri,
  });
  return { name: 'a private key of Google', value, parts: partsOf(pem) };
}

/** A JSON Web Token: its signature is what makes it one. */
export function jsonWebToken(): Canary {
  const [header, claims] = [{ alg: 'HS256' }, { sub: 'agent' }].map((one) => base64(JSON.stringify(one)));
  const signature = randomBytes(32).toString('hex');
  return { name: 'a JSON Web Token', value: `${header}.${claims}.${signature}`, parts: [signature] };
}
