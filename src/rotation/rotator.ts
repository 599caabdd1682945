import type { z } from 'zod';
import type { Credential } from '../attribution/credential.ts';

/**
 * What a rotation remembers of itself over a crash, since it may be begun again at any point. No secret is kept here.
 * Each rotation has notes of its own, which end with it.
 */
export interface Notes {
  get(name: string): string | undefined;
  /** Kept for good once this resolves; what was noted before it, too. @throws CallError where another process is to act */
  keep(name: string, value: string): Promise<void>;
}

/** Begins the note of a rotation that waits. */
export const WAITS = 'waits: ';

/** Thrown by a rotation that has to wait: nothing has failed, and it is called again then. */
export class NotYet extends Error {
  /** Milliseconds. */
  readonly after: number;

  constructor(after: number, why: string) {
    super(WAITS + why);
    this.after = after;
  }
}

/** One rotation, ready to be made. */
export interface Rotation {
  /**
   * Makes it, or goes on where it was interrupted; the old secret is given up only once the new one is proven. Returns the proof.
   * @throws NotYet, or CallError: retryable, and it is called again; else everything stands as before, and the message says what is wrong
   */
  rotate(notes: Notes): Promise<string>;
}

/** The code that rotates one kind of credential: one object in a file of rotation/, and one line in its registry.ts. */
export interface Rotator {
  /** `with:` in the registry's `rotate`. */
  readonly id: string;
  readonly title: string;
  /** What proves the new secret. */
  readonly proof: string;
  /** What agents notice. */
  readonly meanwhile: string;
  /** The least that Wayward's own account there must be allowed. */
  readonly needs: string;
  readonly testedAgainst: string;
  /** Checks a credential's `rotate` entry, `with` included. */
  readonly specSchema: z.ZodType;
  /** What it would do, in words; no secret in it. */
  describe(spec: unknown): string;
  /** Keys of `revokers:` in the configuration whose accounts it works with. */
  accounts(spec: unknown): readonly string[];
  /** Why it can't rotate this credential, whatever its `rotate` entry says, and what to write instead. */
  whyUnfit?(credential: Credential): string | undefined;
  /** `settings` is `revokers:` of the configuration, checked. */
  prepare(settings: Readonly<Record<string, unknown>>, spec: unknown): Rotation;
}

interface Definition<Spec extends z.ZodType> extends Omit<Rotator, 'specSchema' | 'describe' | 'accounts' | 'prepare'> {
  readonly specSchema: Spec;
  describe(spec: z.infer<Spec>): string;
  accounts(spec: z.infer<Spec>): readonly string[];
  prepare(settings: Readonly<Record<string, unknown>>, spec: z.infer<Spec>): Rotation;
}

/** Lets a rotator be written with the type of its own schema, where the rest of Wayward sees a `Rotator`. */
export function defineRotator<Spec extends z.ZodType>(definition: Definition<Spec>): Rotator {
  const { specSchema } = definition;
  return {
    ...definition,
    describe: (spec) => definition.describe(specSchema.parse(spec)),
    accounts: (spec) => definition.accounts(specSchema.parse(spec)),
    prepare: (settings, spec) => definition.prepare(settings, specSchema.parse(spec)),
  };
}
