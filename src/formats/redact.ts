import { createHmac } from 'node:crypto';
import type { Leak } from '../event.ts';
import {
  isPlaceholder,
  isTelling,
  kindOf,
  looksRandom,
  mayHoldSecret,
  NAME,
  PREFIXED,
  SCHEME,
  SQL_PASSWORD,
  USERINFO,
  VALUE,
} from './redact-rules.ts';

/** Finds secrets in text before anything else sees it. */
export interface Redactor {
  /**
   * The text with every secret replaced by `[redacted:KIND]`; `found` gets one entry a secret.
   * Text without any comes back as the same string. Text beyond 16,384 characters is cut off: nothing shows that much.
   * In `sql`, only a literal can be a value: `a.token = b.token` is no secret.
   */
  clean(text: string, field: string, found: FoundSecret[], language?: 'sql'): string;
  /** The keyed fingerprint of something already known to be a secret. */
  fingerprint(secret: string): string;
}

/** A secret found in a record: the keyed fingerprint stands for it from here on. */
export interface FoundSecret extends Leak {
  /** HMAC-SHA-256 of the secret under Wayward's fingerprint key, `hmac-sha256:` and 64 hex digits: for matching, never shown. */
  readonly fingerprint: string;
}

const MAX_TEXT = 16_384;

/** The keyed fingerprint that stands for a secret, as in the registry's `token_fingerprint`. */
export const fingerprintOf = (key: Buffer, secret: string): string =>
  `hmac-sha256:${createHmac('sha256', key).update(secret, 'utf8').digest('hex')}`;

/** A JSON Web Token from the `eyJ` at `start` on (RFC 7519; `eyJ` is base64url of `{"`): its end, or -1. */
const jwtEnd = (text: string, start: number): number => {
  const segment = /[\w-]*/y;
  let end = start;
  for (let part = 0; part < 5; part++) {
    segment.lastIndex = end;
    segment.exec(text);
    const length = segment.lastIndex - end;
    if (part < 2 && length < 4) return -1;
    end = segment.lastIndex;
    if (text[end] !== '.') return part === 0 ? -1 : end;
    end++;
  }
  return end - 1;
};

const replaceJwts = (text: string, secret: (kind: string, value: string) => string): string => {
  let out = '';
  let done = 0;
  for (let at = text.indexOf('eyJ'); at !== -1; at = text.indexOf('eyJ', at)) {
    const end = jwtEnd(text, at);
    if (end === -1) {
      // No token begins in this run of characters: go on behind it, so that a long run costs one look.
      at = text.slice(at).search(/[^\w-]/) + at;
      if (text[at] === undefined || /[\w-]/.test(text[at] ?? '')) break;
      continue;
    }
    out += text.slice(done, at) + secret('jwt', text.slice(at, end));
    done = end;
    at = end;
  }
  return done === 0 ? text : out + text.slice(done);
};

/** The redactor whose fingerprints are made with this key (32 bytes or more). Holds nothing of what it reads. */
export const createRedactor = (fingerprintKey: Buffer): Redactor => ({
  clean(text, field, found, language) {
    const capped = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
    if (!mayHoldSecret(capped)) return capped;
    const secret = (kind: string, value: string): string => {
      found.push({ kind, field, fingerprint: fingerprintOf(fingerprintKey, decoded(value)) });
      return `[redacted:${kind}]`;
    };
    return redactAll(capped, secret, language === 'sql');
  },
  fingerprint: (secret) => fingerprintOf(fingerprintKey, secret),
});

/** Replaces every secret by what `secret` gives for it. */
export const redactAll = (text: string, secret: (kind: string, value: string) => string, isSql: boolean): string => {
  let out = replaceJwts(text, secret);
  for (const [kind, pattern] of PREFIXED) out = out.replace(pattern, (value) => secret(kind, value));
  out = out.replace(SQL_PASSWORD, (all, before: string, quoted?: string, _tag?: string, dollar?: string) =>
    isPlaceholder(quoted ?? dollar ?? '') ? all : `${before}'${secret('password', quoted ?? dollar ?? '')}`,
  );
  out = out.replace(USERINFO, (all, user: string, password: string) =>
    isPlaceholder(password) ? all : `://${user}:${secret('password', password)}@`,
  );
  return replaceNamed(out, secret, isSql).replace(SCHEME, (all, scheme: string, value: string, at: number) =>
    isPlaceholder(value) ||
    /^realm=/i.test(value) ||
    !(looksRandom(value) || (at === 0 && scheme.length + 1 + value.length === out.length))
      ? all
      : `${scheme} ${secret(scheme.toLowerCase(), value)}`,
  );
};

/** Replaces the values of telling names; a value that is no secret is searched itself (`url=https://…?token=x`). */
const replaceNamed = (text: string, secret: (kind: string, value: string) => string, isSql: boolean): string => {
  let out = '';
  let done = 0;
  NAME.lastIndex = 0;
  for (let match = NAME.exec(text); match !== null; match = NAME.exec(text)) {
    const name = match[1] ?? '';
    if (!isTelling(name)) continue;
    VALUE.lastIndex = NAME.lastIndex;
    const found = VALUE.exec(text);
    if (found === null) continue;
    const [all, nested, double, single, bare] = found;
    // The backslash belongs to the closing quote of a string inside a JSON string.
    const raw = nested?.replace(/\\+$/, '') ?? double ?? single ?? bare ?? '';
    const value = raw.replace(SCHEME_BEFORE, '');
    if (isPlaceholder(value) || (isSql && bare !== undefined)) continue;
    const start = found.index + all.indexOf(raw) + raw.length - value.length;
    out += text.slice(done, start) + secret(kindOf(name), value);
    done = start + value.length;
    NAME.lastIndex = done;
  }
  return done === 0 ? text : out + text.slice(done);
};

const SCHEME_BEFORE = /^(?:bearer|basic|apikey|token)(?:\s|%20|\+){1,3}/i;

/** The secret as its holder knows it: query strings percent-encode it. */
const decoded = (value: string): string => {
  if (!value.includes('%')) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value; // A stray percent sign: the value was not encoded.
  }
};
