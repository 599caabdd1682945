import { createHmac } from 'node:crypto';
import type { Leak } from '../event.ts';
import { findSecrets, mayHoldSecret, replaceSecrets } from './find-secrets.ts';
import type { Span } from './found-span.ts';
import { LOOK, look } from './look.ts';
import type { Language } from './named-secrets.ts';
import { shown } from './shown.ts';

/** Secrets that are told apart in one record; where there are more, the rest of the text goes as a whole. */
export const MAX_SECRETS = 8;
const MAX_TEXT = 16_384;

/** Finds secrets in text before anything else sees it. */
export interface Redactor {
  /**
   * The text with every secret replaced by `[redacted:KIND]`; `found` gets one entry a secret, at most MAX_SECRETS over all texts of a record.
   * Text without any comes back as the same string. Text beyond 16,384 characters is cut off: nothing shows that much.
   * In `sql`, only a literal can be a value: `a.token = b.token` is no secret.
   */
  clean(text: string, field: string, found: FoundSecret[], language?: Language): string;
  /** The text without secrets, as it may be shown: `clean`, then `shown`, in one look. */
  show(text: string, field: string, max: number, found: FoundSecret[]): string;
  /** The keyed fingerprint of something already known to be a secret. */
  fingerprint(secret: string): string;
}

/** A secret found in a record. It lives as long as the record is read, and shows nothing of itself. */
export interface FoundSecret extends Leak {
  /**
   * HMAC-SHA-256 of the secret under Wayward's fingerprint key, `hmac-sha256:` and 64 hex digits: for matching, never shown. Made when asked for:
   * few records need it, and whoever makes requests could have us make hundreds.
   */
  fingerprint(): string;
}

/** The keyed fingerprint that stands for a secret, as in the registry's `token_fingerprint`. */
export const fingerprintOf = (key: Buffer, secret: string): string =>
  `hmac-sha256:${createHmac('sha256', key).update(secret, 'utf8').digest('hex')}`;

/** The redactor whose fingerprints are made with this key (32 bytes or more). Holds nothing of what it reads. */
export const createRedactor = (fingerprintKey: Buffer): Redactor => {
  const redacted = (text: string, seen: number, field: string, found: FoundSecret[], language?: Language): string => {
    const secrets = findSecrets(text, seen, Math.max(0, MAX_SECRETS - found.length), language);
    return replaceSecrets(text, secrets, (spans) => {
      for (const { kind, secret } of spans)
        if (found.length < MAX_SECRETS)
          found.push({ kind, field, fingerprint: () => fingerprintOf(fingerprintKey, decoded(secret)) });
      return tagOf(spans);
    });
  };
  return {
    clean(text, field, found, language) {
      const capped = cap(text);
      const seen = look(capped);
      return mayHoldSecret(capped, seen) ? redacted(capped, seen, field, found, language) : capped;
    },
    show(text, field, max, found) {
      const capped = cap(text);
      const seen = look(capped);
      if (mayHoldSecret(capped, seen)) return shown(redacted(capped, seen, field, found), max);
      return (seen & LOOK.odd) === 0 && capped.length <= max ? capped : shown(capped, max);
    },
    fingerprint: (secret) => fingerprintOf(fingerprintKey, secret),
  };
};

const tagOf = ([first]: readonly Span[]): string => `[redacted:${first?.kind}]`;

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

/** Somebody's text without what looks like a secret. */
export const cleanText = (text: string): string => {
  const seen = look(text);
  return mayHoldSecret(text, seen) ? replaceSecrets(text, findSecrets(text, seen, MAX_SECRETS), tagOf) : text;
};
