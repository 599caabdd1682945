import { z } from 'zod';
import { type FieldPath, fieldPath, textAt, valueAt } from '../field-path.ts';
import type { JsonObject } from '../json.ts';
import { type Condition, condition, conditionSchema } from './condition.ts';
import { extractor, extractProblem } from './extract.ts';
import { checkedText, pathSchema } from './path-schema.ts';

const pathsSchema = z.union([pathSchema, z.array(pathSchema).min(1).max(16)]);
const partSchema = z.strictObject({
  field: pathsSchema,
  /** The part of the text that is wanted: `JTI={}`. */
  extract: checkedText(extractProblem).optional(),
  /** Only of records of which this holds. */
  when: conditionSchema.optional(),
});

/** Where a value stands: a path, several of which the first that holds something counts, or a part of what stands there. */
export const valueSchema = z.union([
  pathSchema,
  partSchema,
  z
    .array(z.union([pathSchema, partSchema]))
    .min(1)
    .max(16),
]);
export type ValueSpec = z.infer<typeof valueSchema>;

export interface Found {
  readonly text: string;
  readonly field: FieldPath;
}

interface Place {
  readonly field: FieldPath;
  readonly extract: ((text: string) => string | undefined) | undefined;
  readonly when: Condition | undefined;
}

export interface Value {
  /** Where it looks, for a person. */
  readonly named: string;
  readonly paths: readonly FieldPath[];
  find(record: JsonObject): Found | undefined;
  /** As `find`, but whatever stands at a plain path, such as `true` or `""`. */
  raw(record: JsonObject): unknown;
}

const placesOf = (spec: ValueSpec): Place[] => {
  if (typeof spec === 'string') return [{ field: fieldPath(spec), extract: undefined, when: undefined }];
  if (Array.isArray(spec)) return spec.flatMap(placesOf);
  const { field, extract, when } = spec;
  return (Array.isArray(field) ? field : [field]).map((path) => ({
    field: fieldPath(path),
    extract: extract === undefined ? undefined : extractor(extract),
    when: when === undefined ? undefined : condition(when),
  }));
};

/** Compiles a value. Nothing is `""`, `-`, and what is neither text nor a number. */
export const value = (spec: ValueSpec): Value => {
  const places = placesOf(spec);
  const find = (record: JsonObject): Found | undefined => {
    for (const { field, extract, when } of places) {
      if (when !== undefined && !when(record)) continue;
      const whole = textAt(record, field);
      const text = whole === undefined || extract === undefined ? whole : extract(whole);
      if (text !== undefined) return { text, field };
    }
    return undefined;
  };
  const [first] = places;
  const plain = typeof spec === 'string' ? first?.field : undefined;
  return {
    named: places.map(({ field }) => field.text).join(' or '),
    paths: places.map(({ field }) => field),
    find,
    raw: (record) => (plain === undefined ? find(record)?.text : valueAt(record, plain)),
  };
};

export const optionalValue = (spec: ValueSpec | undefined): Value | undefined =>
  spec === undefined ? undefined : value(spec);
