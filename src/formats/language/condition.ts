import { z } from 'zod';
import { fieldPath, valueAt } from '../field-path.ts';
import { isObject, type JsonObject } from '../json.ts';
import { pathSchema } from './path-schema.ts';
import { fitsGlob, matcher, scalarSchema } from './values.ts';

const listSchema = z.union([scalarSchema, z.array(scalarSchema).min(1).max(64)]);
const patternSchema = z.string().min(1).max(256);

/** What a field must be: a value, one of several, or `{ exists, equals, not, pattern }`, all of which must hold. */
const testSchema = z.union([
  listSchema,
  z.strictObject({
    /** Whether anything stands there; `""`, `-`, `null` and what is empty is nothing. */
    exists: z.boolean().optional(),
    equals: listSchema.optional(),
    not: listSchema.optional(),
    /** `*` stands for anything. */
    pattern: z.union([patternSchema, z.array(patternSchema).min(1).max(16)]).optional(),
  }),
]);

/** Fields and what they must be; all must hold. */
export const conditionSchema = z.record(pathSchema, testSchema);
export type ConditionSpec = z.infer<typeof conditionSchema>;
export type Condition = (record: JsonObject) => boolean;

const listOf = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

const isThere = (value: unknown): boolean => {
  if (value === undefined || value === null || value === '' || value === '-') return false;
  return Array.isArray(value) ? value.length > 0 : !isObject(value) || Object.keys(value).length > 0;
};

const testOf = (spec: ConditionSpec[string]): ((value: unknown) => boolean) => {
  if (typeof spec !== 'object' || Array.isArray(spec)) return matcher(listOf(spec));
  const { exists, equals, not, pattern } = spec;
  const tests: ((value: unknown) => boolean)[] = [];
  if (exists !== undefined) tests.push((value) => isThere(value) === exists);
  if (equals !== undefined) tests.push(matcher(listOf(equals)));
  if (not !== undefined) {
    const refused = matcher(listOf(not));
    tests.push((value) => !refused(value));
  }
  if (pattern !== undefined) {
    const patterns = listOf(pattern);
    tests.push((value) => typeof value === 'string' && patterns.some((one) => fitsGlob(one, value)));
  }
  return (value) => tests.every((test) => test(value));
};

/** Compiles `when`; without one, it always holds. */
export const condition = (spec: ConditionSpec | undefined): Condition => {
  const tests = Object.entries(spec ?? {}).map(([path, test]) => [fieldPath(path), testOf(test)] as const);
  return (record) => tests.every(([path, test]) => test(valueAt(record, path)));
};
