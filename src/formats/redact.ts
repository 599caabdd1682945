import { createHmac } from 'node:crypto';
import type { Leak } from '../event.ts';
import { redactAll } from './find-secrets.ts';
import { LOOK, look } from './look.ts';
import { mayHoldSecret } from './redact-rules.ts';
import { shown } from './shown.ts';

/** Finds secrets in text before anything else sees it. */
export interface Redactor {
  /**
   * The text with every secret replaced by `[redacted:KIND]`; `found` gets one entry a secret.
   * Text without any comes back as the same string. Text beyond 16,384 characters is cut off: nothing shows that much.
   * In `sql`, only a literal can be a value: `a.token = b.token` is no secret.
   */
  clean(text: string, field: string, found: FoundSecret[], language?: 'sql'): string;
  /** The text without secrets, as it may be shown: `clean`, then `shown`, in one look. */
  show(text: string, field: string, max: number, found: FoundSecret[]): string;
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

/** The redactor whose fingerprints are made with this key (32 bytes or more). Holds nothing of what it reads. */
export const createRedactor = (fingerprintKey: Buffer): Redactor => {
  const redacted = (text: string, field: string, found: FoundSecret[], isSql: boolean): string => {
    const secret = (kind: string, value: string): string => {
      found.push({ kind, field, fingerprint: fingerprintOf(fingerprintKey, decoded(value)) });
      return `[redacted:${kind}]`;
    };
    return redactAll(text, secret, isSql);
  };
  return {
    clean(text, field, found, language) {
      const capped = cap(text);
      return mayHoldSecret(capped, look(capped)) ? redacted(capped, field, found, language === 'sql') : capped;
    },
    show(text, field, max, found) {
      const capped = cap(text);
      const seen = look(capped);
      if (mayHoldSecret(capped, seen)) return shown(redacted(capped, field, found, false), max);
      return (seen & LOOK.odd) === 0 && capped.length <= max ? capped : shown(capped, max);
    },
    fingerprint: (secret) => fingerprintOf(fingerprintKey, secret),
  };
};

const cap = (text: string): string => (text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text);

/** The secret as its holder knows it: query strings percent-encode it. */
const decoded = (value: string): string => {
  if (!value.includes('%')) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value; // A stray percent sign: the value was not encoded.
  }
};

/** How much of the record is looked at: enough to fill the excerpt, however much of it is redacted away. */
const MAX_LOOKED_AT = 8_192;
/** A run that mixes letters and digits and could be a token, whatever issued it. */
const MIXED = /[A-Za-z0-9_+/=~.-]{16,}/g;

/** Somebody's text without what looks like a secret. */
export const cleanText = (text: string): string => redactAll(text, (kind) => `[redacted:${kind}]`, false);

/**
 * What may be kept of a record that nothing could be made of: valid UTF-8 text without control characters, at most `max` bytes,
 * with everything replaced that might be a secret. Since the record was not understood, this takes away too much on purpose:
 * any token of 16 or more characters that mixes letters and digits, every SQL literal, every value of a telling name.
 */
export const cleanExcerpt = (bytes: Buffer, max = 1024): string => {
  const text = bytes.toString('utf8', 0, MAX_LOOKED_AT);
  const whole = bytes.length > MAX_LOOKED_AT ? withoutLastWord(text) : text;
  const redacted = withoutLiterals(cleanText(whole)).replace(MIXED, (run) => (isToken(run) ? '[redacted:token]' : run));
  return capBytes(shown(redacted.replace(/[\t\r\n]+/g, ' '), max), max);
};

/** From the first quote to the last: which of them open and which close can't be told in text that was not understood. */
const withoutLiterals = (text: string): string => {
  const first = text.indexOf("'");
  if (first === -1) return text;
  const isOdd = text.split("'").length % 2 === 0;
  return `${text.slice(0, first)}'[redacted]'${isOdd ? '' : text.slice(text.lastIndexOf("'") + 1)}`;
};

/** A token that the cut goes through looks shorter than it is: its rest goes, too. */
const withoutLastWord = (text: string): string => {
  let end = text.length;
  while (end > 0 && !/[\s"',;&]/.test(text[end - 1] ?? '')) end--;
  return text.slice(0, end);
};

/** Letters and digits or both cases mixed, in one piece of 16 or so long that slashes and points don't explain it; paths of words are none. */
const isToken = (run: string): boolean =>
  (run.length >= 40 || /[\w+=~-]{16,}/.test(run)) && /[A-Za-z]/.test(run) && (/\d/.test(run) || /[a-z][A-Z]/.test(run));

const capBytes = (text: string, max: number): string => {
  if (Buffer.byteLength(text) <= max) return text;
  const bytes = Buffer.from(text);
  let end = max;
  // Not in the middle of a character: bytes 10xxxxxx continue one.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
};
