import type { z } from 'zod';

/** An entry of `revoke:` or `rotate:` as it is written. */
export interface WrittenSpec {
  readonly with: string;
  readonly [field: string]: unknown;
}

/** What a revoker or rotator says of its specs. */
export interface SpecRules {
  readonly specSchema: z.ZodType;
  /** Fields that only tune how a step is made, proven or undone: with other values it is the same step. */
  readonly tuning?: readonly string[];
}

/**
 * Whether a spec that was stored means the same as the one that is written now. A default means the same as its value written out, and one
 * that the schema did not have then changes nothing. Both are plain JSON; the order of keys means nothing.
 */
export function isSameSpec(stored: WrittenSpec, written: WrittenSpec, { specSchema, tuning = [] }: SpecRules): boolean {
  const fields = new Set([...Object.keys(stored), ...Object.keys(written)]);
  return [...fields].every((field) => {
    if (tuning.includes(field)) return true;
    const [before, now] = [stored[field], written[field]];
    if (before !== undefined && now !== undefined) return canonical(before) === canonical(now);
    const byDefault = defaultOf(field, written, specSchema);
    return canonical(before ?? byDefault) === canonical(now ?? byDefault);
  });
}

function defaultOf(field: string, written: WrittenSpec, schema: z.ZodType): unknown {
  const { [field]: _, ...rest } = written;
  const checked = schema.safeParse(rest);
  return checked.success ? (checked.data as Readonly<Record<string, unknown>>)[field] : undefined;
}

/** The same text for the same structure, whatever the order of keys. */
export const canonical = (value: unknown): string => JSON.stringify(sorted(value)) ?? '';

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, entry]) => [key, sorted(entry)]));
}
