import type { z } from 'zod';
import type { Credential } from '../attribution/credential.ts';
import type { Notes } from '../response/action.ts';
import { earlierSentence } from './earlier-sentences.ts';

/** One rotation, ready to be made. */
export interface Rotation {
  /**
   * Makes it, or goes on where it was interrupted; the old secret is given up only once the new one is proven. Returns the proof. Called
   * again with the notes of a rotation that has ended, it changes nothing and proves that anew. Of a secret that `isStolen` the old value
   * gets no time to go on.
   * @throws NotYet, or CallError: retryable, and it is called again; else everything stands as before, and the message says what is wrong
   */
  rotate(notes: Notes, isStolen?: boolean): Promise<string>;
  /**
   * After `rotate`: ends what was opened with the old secret and would go on. May be repeated. Returns the proof. Absent where there is no such
   * thing, or nobody to end it. @throws CallError
   */
  endSessions?(notes: Notes): Promise<string>;
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
  /** Fields of its spec that only tune how it rotates or proves: with other values it is the same rotation. */
  readonly tuning?: readonly string[];
  /** What it would do, in words; no secret in it. For people only. */
  describe(spec: unknown): string;
  /** What it was called when nothing but these words was stored; undefined where the spec is wrong or there was no such rotator then. */
  describedBefore(spec: unknown): string | undefined;
  /** Keys of `revokers:` in the configuration whose accounts it works with. */
  accounts(spec: unknown): readonly string[];
  /** Why it can't rotate this credential, whatever its `rotate` entry says, and what to write instead. */
  whyUnfit?(credential: Credential): string | undefined;
  /** `settings` is `revokers:` of the configuration, checked. */
  prepare(settings: Readonly<Record<string, unknown>>, spec: unknown): Rotation;
}

interface Definition<Spec extends z.ZodType>
  extends Omit<Rotator, 'specSchema' | 'describe' | 'describedBefore' | 'accounts' | 'prepare'> {
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
    describedBefore(spec) {
      const checked = specSchema.safeParse(spec);
      return checked.success ? earlierSentence(definition.id, checked.data) : undefined;
    },
    accounts: (spec) => definition.accounts(specSchema.parse(spec)),
    prepare: (settings, spec) => definition.prepare(settings, specSchema.parse(spec)),
  };
}
