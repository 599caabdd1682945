import { z } from 'zod';
import { IDENTITY_KEYS } from '../event.ts';
import { templateProblem } from './action-template.ts';
import { conditionSchema } from './language/condition.ts';
import { checkedText } from './language/path-schema.ts';
import { proofSchema } from './language/proof.ts';
import { resultSchema } from './language/result.ts';
import { timeSchema } from './language/time.ts';
import { valueSchema } from './language/value.ts';

const template = checkedText(templateProblem);
const dataset = z.string().regex(/^[a-z0-9_]{1,32}\.[a-z0-9_]{1,32}$/, 'must be module.name, such as mygateway.access');

/** What a format says of a record. */
const readingShape = {
  /** Only records of which this holds are uses; the others are ignored, or read by a later case. */
  when: conditionSchema.optional(),
  /** Records that are knowingly no use, each counted by its reason. */
  ignore: z
    .array(
      z.strictObject({
        when: conditionSchema,
        reason: z
          .string()
          .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and dashes, such as health-check'),
      }),
    )
    .max(16)
    .optional(),
  time: timeSchema,
  /** One template, or several of which the first whose fields are all there counts; with `request_line` it may be left out. */
  action: z.union([template, z.array(template).min(1).max(8)]).optional(),
  /** Where `GET /orders/8812 HTTP/1.1` stands whole: gives action, method and path. What is no such line is ignored. */
  request_line: valueSchema.optional(),
  result: resultSchema.optional(),
  identities: z.partialRecord(z.enum(IDENTITY_KEYS), valueSchema),
  proof: proofSchema.optional(),
  source_ip: valueSchema.optional(),
  client: valueSchema.optional(),
  bytes: valueSchema.optional(),
  rows: valueSchema.optional(),
  tokens_in: valueSchema.optional(),
  tokens_out: valueSchema.optional(),
  cost: valueSchema.optional(),
  status: valueSchema.optional(),
  method: valueSchema.optional(),
  path: valueSchema.optional(),
  statement: valueSchema.optional(),
  service: valueSchema.optional(),
  trace_id: valueSchema.optional(),
  session: valueSchema.optional(),
};

/** A format that users define for any log of JSON. Fields are dotted paths; numbers index arrays. */
export const customFormatSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and dashes, such as my-gateway'),
    title: z.string().min(1).max(128).optional(),
    dataset,
    /** `text`: the log is no JSON; each of its lines is the field `line`. */
    input: z.enum(['json', 'text']).optional(),
    /** Parts of texts, by names of one's own: each can be used as any field. */
    fields: z
      .record(z.string().regex(/^[a-z][a-z0-9_]{0,31}$/, 'must be lower-case letters, digits and _'), valueSchema)
      .optional(),
    /** Where the record stands inside another one: an object, or JSON in a string. Usual wrappers are known without it. */
    unwrap: valueSchema.optional(),
    ...readingShape,
    /** Kinds of record that differ: each says when, and what is other than above. The first that holds counts. */
    cases: z
      .array(
        z.strictObject({
          ...readingShape,
          dataset: dataset.optional(),
          time: timeSchema.optional(),
          identities: readingShape.identities.optional(),
        }),
      )
      .max(16)
      .optional(),
  })
  .superRefine(({ action, request_line, cases = [] }, context) => {
    const isSaid = (one: { action?: unknown; request_line?: unknown }): boolean =>
      one.action !== undefined || one.request_line !== undefined;
    if (isSaid({ action, request_line }) || (cases.length > 0 && cases.every(isSaid))) return;
    context.addIssue({
      code: 'custom',
      path: ['action'],
      message:
        'is missing; write action: "{method} {path(path)}", or request_line: with the field that holds GET /x HTTP/1.1',
    });
  });

export type CustomFormatSpec = z.infer<typeof customFormatSchema>;
/** As it is written, also for the built-in formats. */
export type CustomFormatInput = z.input<typeof customFormatSchema>;
export type ReadingSpec = Omit<CustomFormatSpec, 'id' | 'title' | 'input' | 'fields' | 'unwrap' | 'cases'>;
