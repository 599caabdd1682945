import type { z } from 'zod';
import type { Identity } from '../event.ts';
import type { Revocation, Revoker } from '../response/action.ts';
import { earlierSentence } from './earlier-sentences.ts';

interface Definition<Settings extends z.ZodType, Spec extends z.ZodType>
  extends Omit<
    Revoker,
    | 'settingsSchema'
    | 'specSchema'
    | 'describe'
    | 'keep'
    | 'prepare'
    | 'reversibleWith'
    | 'issuerOf'
    | 'accounts'
    | 'knownAs'
  > {
  readonly settingsSchema: Settings;
  readonly specSchema: Spec;
  describe(spec: z.infer<Spec>): string;
  issuerOf?(spec: z.infer<Spec>): string;
  accounts?(spec: z.infer<Spec>): readonly string[];
  knownAs?(spec: z.infer<Spec>): Identity;
  keep?(settings: z.infer<Settings>): Promise<void>;
  reversibleWith?(settings: z.infer<Settings>, spec: z.infer<Spec>): boolean;
  prepare(settings: z.infer<Settings>, spec: z.infer<Spec>): Revocation;
}

/** Lets a revoker be written with the types of its own schemas, where the rest of Wayward sees a `Revoker`. */
export function defineRevoker<Settings extends z.ZodType, Spec extends z.ZodType>(
  definition: Definition<Settings, Spec>,
): Revoker {
  const before = (spec: unknown) => earlierSentence(definition.id, spec);
  const { specSchema, keep, reversibleWith, issuerOf, accounts, knownAs, ...rest } = definition;
  return {
    ...rest,
    specSchema,
    ...(keep && { keep: (settings) => keep(settings as z.infer<Settings>) }),
    describe: (spec) => definition.describe(specSchema.parse(spec)),
    describedBefore(spec) {
      const checked = specSchema.safeParse(spec);
      return checked.success ? (definition.describedBefore ?? before)(checked.data) : undefined;
    },
    ...(knownAs && { knownAs: (spec: unknown) => knownAs(specSchema.parse(spec)) }),
    ...(accounts && { accounts: (spec: unknown) => accounts(specSchema.parse(spec)) }),
    ...(issuerOf && { issuerOf: (spec: unknown) => issuerOf(specSchema.parse(spec)) }),
    ...(reversibleWith && {
      reversibleWith: (settings: unknown, spec: unknown) =>
        reversibleWith(settings as z.infer<Settings>, specSchema.parse(spec)),
    }),
    prepare: (settings, spec) => definition.prepare(settings as z.infer<Settings>, specSchema.parse(spec)),
  };
}
