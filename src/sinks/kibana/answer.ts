import { z } from 'zod';
import { readJson } from '../../http.ts';

/** What became of one saved object. */
export interface ImportedObject {
  readonly type: string;
  readonly title: string;
  readonly result: 'created' | 'replaced' | 'refused';
  /** Why it was refused. */
  readonly reason?: string;
}

const objectSchema = z.object({
  id: z.string(),
  type: z.string(),
  meta: z.object({ title: z.string().optional() }).optional(),
});

/** https://www.elastic.co/docs/api/doc/kibana/v8/operation/operation-importsavedobjectsdefault */
const answerSchema = z.object({
  success: z.boolean(),
  successResults: z.array(objectSchema.extend({ overwrite: z.boolean().optional() })).default([]),
  errors: z.array(objectSchema.extend({ error: z.looseObject({ type: z.string() }) })).default([]),
});

/** What Kibana says that it did; undefined where that is no answer of Kibana's. */
export function readImportAnswer(text: string): ImportedObject[] | undefined {
  const answer = readJson(text, answerSchema);
  if (answer === undefined) return undefined;
  const of = ({ id, type, meta }: z.infer<typeof objectSchema>) => ({ type, title: meta?.title ?? id });
  return [
    ...answer.successResults.map((object): ImportedObject => {
      return { ...of(object), result: object.overwrite === true ? 'replaced' : 'created' };
    }),
    ...answer.errors.map((object): ImportedObject => {
      return { ...of(object), result: 'refused', reason: reasonFor(object.error) };
    }),
  ];
}

const detailSchema = z.object({
  message: z.string().optional(),
  references: z.array(z.object({ type: z.string(), id: z.string() })).optional(),
});

/** Kibana's kind of error, with what it says about it. */
function reasonFor(error: { readonly type: string }): string {
  const { message, references } = detailSchema.safeParse(error).data ?? {};
  const detail = message ?? references?.map(({ type, id }) => `${type} ${id}`).join(', ');
  return `${error.type.replaceAll('_', ' ')}${detail === undefined ? '' : `: ${detail}`}`.slice(0, 300);
}
