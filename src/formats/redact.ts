import type { Leak } from '../event.ts';

/** Finds secrets in text before anything else sees it. */
export interface Redactor {
  /**
   * The text with every secret replaced by `[redacted:KIND]`; `found` gets one entry a secret.
   * Text without any comes back as the same string.
   */
  clean(text: string, field: string, found: FoundSecret[]): string;
}

/** A secret found in a record: the keyed fingerprint stands for it from here on. */
export interface FoundSecret extends Leak {
  /** HMAC-SHA-256 of the secret under Wayward's fingerprint key, `hmac-sha256:` and 64 hex digits: for matching, never shown. */
  readonly fingerprint: string;
}
