import { z } from 'zod';
import type { Result } from '../../event.ts';
import type { JsonObject } from '../json.ts';
import { type Condition, condition, conditionSchema } from './condition.ts';
import type { Note } from './note.ts';
import { value, valueSchema } from './value.ts';
import { matcher, scalarSchema } from './values.ts';

const RESULTS = ['success', 'error', 'denied', 'rejected'] as const satisfies readonly Result[];
const resultName = z.enum(RESULTS);
const values = z.array(scalarSchema).max(64).optional();

/** A field and what its values mean. Values: `401`, `denied`, `5xx`, `400-499`, `*Denied*`; looked at in this order. */
const tableFields = {
  field: valueSchema,
  rejected: values,
  denied: values,
  error: values,
  success: values,
  /** What the field says where its value is in no list; else a later rule decides. */
  else: resultName.optional(),
};
const tableSchema = z.strictObject({
  ...tableFields,
  /** What it means that the field is not there; without it, the record cannot be used. */
  absent: resultName.optional(),
});
const ruleSchema = z.union([
  z.strictObject({ is: resultName, when: conditionSchema.optional() }),
  z.strictObject({ ...tableFields, when: conditionSchema.optional() }),
]);

/** One field's values, where what is in no list is a success; or rules of which the first that says something counts, and a success else. */
export const resultSchema = z.union([tableSchema, z.array(ruleSchema).min(1).max(16)]);
export type ResultSpec = z.infer<typeof resultSchema>;
type Table = z.infer<typeof tableSchema>;
type Rule = z.infer<typeof ruleSchema>;

/** `undefined`: it says nothing; `absent`: its field is not there. */
type Said = Result | 'absent' | undefined;

const table = (spec: Omit<Table, 'absent'>): ((record: JsonObject) => Said) => {
  const where = value(spec.field);
  const lists = (['rejected', 'denied', 'error', 'success'] as const).flatMap((result) => {
    const wanted = spec[result];
    return wanted === undefined || wanted.length === 0 ? [] : [[result, matcher(wanted)] as const];
  });
  return (record) => {
    const found = where.raw(record);
    if (found === undefined) return 'absent';
    return lists.find(([, fits]) => fits(found))?.[0] ?? spec.else;
  };
};

interface CompiledRule {
  readonly when: Condition;
  readonly says: (record: JsonObject) => Said;
  readonly named: string;
}

const rule = (spec: Rule, at: number): CompiledRule =>
  'is' in spec
    ? { when: condition(spec.when), says: () => spec.is, named: `rule ${at + 1} (is: ${spec.is})` }
    : { when: condition(spec.when), says: table(spec), named: `rule ${at + 1} (${value(spec.field).named})` };

/** How a use ended; undefined where the field that says so is missing. */
export type ResultReader = (record: JsonObject, note?: Note) => Result | undefined;

export const resultReader = (spec: ResultSpec | undefined): ResultReader => {
  if (spec === undefined) return () => 'success';
  if (Array.isArray(spec)) {
    const rules = spec.map(rule);
    return (record, note) => {
      for (const { when, says, named } of rules) {
        const said = when(record) ? says(record) : undefined;
        if (said === undefined || said === 'absent') continue;
        note?.('result', named);
        return said;
      }
      note?.('result', 'no rule says otherwise');
      return 'success';
    };
  }
  const read = table(spec);
  const { named } = value(spec.field);
  return (record, note) => {
    const said = read(record);
    note?.('result', said === 'absent' ? `${named} is absent` : named);
    return said === 'absent' ? spec.absent : (said ?? 'success');
  };
};
