import type { z } from 'zod';
import type { Credential, RevokeSpec } from '../attribution/credential.ts';
import type { Identity } from '../event.ts';
import type { AuditHead } from './audit.ts';

/** What the read-back showed. `dead` only where the issuer itself said that the credential no longer works. */
export interface Verification {
  readonly dead: boolean;
  /** Only where the issuer itself said that it may be used (again): what proves a restore. Not dead is no proof of it. */
  readonly alive?: boolean;
  /** One sentence: what was asked and what came back. Goes into the record. */
  readonly proof: string;
}

/**
 * What a step of several calls remembers of itself over a crash, since it may be begun again at any point. No secret is kept here.
 * Each step has notes of its own, which end with it.
 */
export interface Notes {
  get(name: string): string | undefined;
  /** Kept for good once this resolves; what was noted before it, too. @throws CallError where another process is to act */
  keep(name: string, value: string): Promise<void>;
}

/** Thrown by a step that has to wait: nothing has failed, and it is called again then. */
export class NotYet extends Error {
  /** Milliseconds. */
  readonly after: number;

  constructor(after: number, why: string) {
    super(`waits: ${why}`);
    this.after = after;
  }
}

/** A rotation as people read of it. */
export const rotating = (describe: string): string => `rotate: ${describe}`;

export interface CallContext {
  /** The same for every attempt at one step: an issuer that takes idempotency keys gets it. */
  readonly key: string;
  readonly credential: string;
  readonly agent: string;
  /** When it was decided, milliseconds since the epoch by the clock here; absent where nobody decided. */
  readonly decidedAt?: number | undefined;
  /** Once it has some, its step is not given up: half of what takes several calls helps nobody. Absent where no step is made. */
  readonly notes?: Notes;
  /** The newest entry of the record, for others to keep. Absent where no step is made. */
  readonly auditHead?: () => AuditHead | undefined;
}

/**
 * One step at one issuer, ready to be made. Each call may be repeated without harm, ends by itself within 20 s, and throws CallError.
 */
export interface Revocation {
  /** Milliseconds within which each call ends by itself, where that is more. */
  readonly longest?: number;
  revoke(context: CallContext): Promise<void>;
  /** Asks the issuer by a call of its own whether the credential still works; undefined where there is nobody to ask. */
  verify(context: CallContext): Promise<Verification | undefined>;
  /**
   * Whether the issuer knows what is to be revoked at all. There where `verify` takes for dead what the issuer doesn't know: it says the same
   * of a name that is misspelt, so that this counts only once the issuer was seen to know it, before the call.
   */
  isThere?(context: CallContext): Promise<boolean>;
  /** Undoes `revoke`, nothing more; `verify` must say `alive` afterwards. Absent where Wayward can't undo it. */
  restore?(context: CallContext): Promise<void>;
}

/** The code that talks to one kind of issuer: one object in a file of revokers/, and one line in its registry.ts. */
export interface Revoker {
  /** `with:` in the registry's `revoke`, and the key of its settings under `revokers:` in the configuration unless `settingsOf` names another. */
  readonly id: string;
  /** The key of its settings, where revokers of the same issuer share them; its own id where absent. */
  readonly settingsOf?: string;
  readonly title: string;
  readonly reversible: boolean;
  /** Where that depends on what is configured for the spec: then this is asked, too. */
  reversibleWith?(settings: unknown, spec: unknown): boolean;
  /** How a person undoes it. */
  readonly undo: string;
  /** What goes on in spite of it. */
  readonly cannotStop: string;
  /**
   * False where whoever holds the credential goes on in the ordinary way once this is proven: with less rights, with a new one that he gets by
   * himself, or with what was made from it before. Then its use afterwards is no sign that the revocation did not hold.
   */
  readonly locksOut?: false;
  /** Whoever holds it rightfully goes on with a new value: nothing else that ends with a revocation ends with it. */
  readonly rotates?: true;
  /** The least that Wayward's own account there must be allowed. */
  readonly needs: string;
  /** The real issuer that its tests run against, with its version; `fake: …`, with the page it follows, where there is none to be had. */
  readonly testedAgainst: string;
  /** Keys of `revokers:` that it works with, where the spec says which: then `prepare` gets all of `revokers:`, and nothing there is its own. */
  accounts?(spec: unknown): readonly string[];
  /** A checked entry of `revoke`, with what it takes from the rest of its credential. */
  completed?(spec: RevokeSpec, credential: Credential): RevokeSpec;
  /** Why it can't be used for this credential, and what to write instead; the spec is a completed one. */
  whyUnfit?(spec: RevokeSpec, credential: Credential): string | undefined;
  /**
   * The name that the issuer's own log gives to what the spec names, in each use: one under it shows that the issuer knew it then. There where
   * `isThere` is, and only for names of that very token or key.
   */
  knownAs?(spec: unknown): Identity;
  /** Which issuer a spec is about, where one entry of the settings serves several: an origin, say. No secret in it. */
  issuerOf?(spec: unknown): string;
  /** Checks its part of the configuration. */
  readonly settingsSchema: z.ZodType;
  /** Checks a credential's `revoke` entry, `with` included. */
  readonly specSchema: z.ZodType;
  /** Fields of its spec that only tune how a step is made, proven or undone: with other values it is the same step. */
  readonly tuning?: readonly string[];
  /** Fields of its spec in which people put keys: of those, a digest is stored. */
  readonly keyFields?: readonly string[];
  /** Whether a spec that was stored is the same step as one that is written now, where fields and defaults alone do not say it. */
  isSame?(stored: RevokeSpec, written: RevokeSpec): boolean;
  /** What it would do, in words, for dry-run and approval; no secret in it. For people only. The spec is one that specSchema accepts. */
  describe(spec: unknown): string;
  /** What such a step was called when nothing but these words was stored; undefined where the spec is wrong or there was no such step then. */
  describedBefore?(spec: unknown): string | undefined;
  /** Keeps Wayward's own account there alive: called every minute while it runs. @throws CallError */
  keep?(settings: unknown): Promise<void>;
  /** The settings are what settingsSchema gave. Reveals no secret: that is for the calls. */
  prepare(settings: unknown, spec: unknown): Revocation;
}
