import { z } from 'zod';
import { explainIssue } from './explain-issue.ts';
import { nearest } from './nearest.ts';

interface Named {
  readonly id: string;
  readonly specSchema: z.ZodType;
}

/** An entry that is checked by what its `with` names: one of these. `what` they are is for the message. */
export const namedSpec = (known: readonly Named[], what: string) =>
  z.looseObject({ with: z.string().meta({ example: known[0]?.id }) }).superRefine((spec, context) => {
    const named = known.find(({ id }) => id === spec.with);
    if (named === undefined) {
      const ids = known.map(({ id }) => id);
      const guess = nearest(spec.with, ids) ?? `one of ${ids.join(', ')}`;
      context.addIssue({ code: 'custom', path: ['with'], message: `is no known ${what}; write with: ${guess}` });
      return;
    }
    const checked = named.specSchema.safeParse(spec, { error: explainIssue });
    for (const issue of checked.error?.issues ?? []) context.addIssue({ ...issue });
  });
