import { z } from 'zod';
import { IDENTITY_KEYS } from '../event.ts';
import { templateProblem } from './action-template.ts';
import { pathProblem } from './field-path.ts';

const checked = (problemOf: (text: string) => string | undefined) =>
  z
    .string()
    .min(1)
    .max(256)
    .superRefine((text, context) => {
      const problem = problemOf(text);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    });

const field = checked(pathProblem);
const scalar = z.union([z.string().max(256), z.number(), z.boolean()]);
/** Values of the result field: `401`, `denied`, or a class of HTTP status such as `5xx`. */
const values = z.array(scalar).max(64).default([]);

/** A format that users define for any log of one JSON object a line. Fields are dotted paths; numbers index arrays. */
export const customFormatSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and dashes, such as my-gateway'),
  title: z.string().min(1).max(128).optional(),
  dataset: z.string().regex(/^[a-z0-9_]{1,32}\.[a-z0-9_]{1,32}$/, 'must be module.name, such as mygateway.access'),
  /** Only records where these fields have these values are uses; the others are ignored. */
  when: z.record(field, z.union([scalar, z.array(scalar).min(1).max(64)])).optional(),
  time: z.strictObject({ field, unit: z.enum(['iso', 's', 'ms', 'us', 'ns']) }),
  action: checked(templateProblem),
  /** Looked at in this order; what is in no list is a success. */
  result: z.strictObject({ field, rejected: values, denied: values, error: values }).optional(),
  identities: z.partialRecord(z.enum(IDENTITY_KEYS), field),
  /**
   * What shows that authentication passed: `verified` where the server writes identities only after it has checked them, else a field and
   * its values that say so. Without it, identities are declared: they alert, and never act.
   */
  proof: z
    .union([z.literal('verified'), z.strictObject({ field, verified: z.array(scalar).min(1).max(64) })])
    .optional(),
  source_ip: field.optional(),
  client: field.optional(),
  bytes: field.optional(),
  rows: field.optional(),
  status: field.optional(),
  method: field.optional(),
  path: field.optional(),
  statement: field.optional(),
  service: field.optional(),
  trace_id: field.optional(),
  session: field.optional(),
});

export type CustomFormatSpec = z.infer<typeof customFormatSchema>;
