/** Secrets that one issuer gives, known by how they begin. */
export interface SecretPattern {
  /** What a leak of it is called. */
  readonly kind: string;
  /** Each of these begins one. */
  readonly starts: readonly string[];
  /** What follows; sticky. No unbounded repetition may be followed by something that can still fail. */
  readonly rest: RegExp;
  /** The beginning is short: it counts only where no letter or digit stands before it. */
  readonly alone?: true;
  /** The rest may be words: it counts only where it has digits or mixes cases. */
  readonly mixed?: true;
  readonly source: string;
  /** Examples of what follows; without the beginning, so that no scanner takes them for a leak. */
  readonly finds: readonly string[];
  /** Texts that hold no secret, though they look like it. */
  readonly leaves: readonly string[];
}

/** Secrets without a beginning of their own. */
export interface SecretShape {
  readonly kind: string;
  /** Stands in each, so that a text without it is not searched. */
  readonly sign: string;
  /** Global; repetitions are bounded. */
  readonly pattern: RegExp;
  readonly source: string;
  /** Examples in pieces. */
  readonly finds: readonly (readonly string[])[];
  readonly leaves: readonly string[];
}

/** Whether a text has digits or mixes cases, as random ones of this length nearly all do and words don't. */
export const isMixed = (text: string): boolean => /\d/.test(text) || (/[a-z]/.test(text) && /[A-Z]/.test(text));
