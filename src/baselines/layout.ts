import { createHash } from 'node:crypto';

/** The typed arrays of a state's buffer, in the order in which they lie in it, and the bytes of an element. */
export const ARRAYS = { f64: 8, f32: 4, u32: 4, u16: 2 } as const;
export type ArrayName = keyof typeof ARRAYS;

/** Numbers that belong together under one name. */
export interface Field {
  readonly name: string;
  readonly array: ArrayName;
  /** How many: in all, or for each series or each entry of a table. */
  readonly each: number;
  /** `series`, or the name of a table. */
  readonly of?: string;
  /** Fields of one part only make sense together: if one of them has another size than before, all begin anew. */
  readonly part?: string;
}

/** What the bytes of a state mean, by name and size: kept beside them, so that another version can read what it knows of them. */
export interface Layout {
  /** Names of the series, in order. */
  readonly series: readonly string[];
  /** Most entries of each table. */
  readonly tables: Readonly<Record<string, number>>;
  readonly fields: readonly Field[];
}

/** A field and where it begins in its array. */
export interface Placed extends Field {
  readonly first: number;
  readonly count: number;
}

/** Where the arrays begin and how long they are, in elements, and all bytes. */
export interface Places {
  readonly fields: ReadonlyMap<string, Placed>;
  readonly arrays: Readonly<Record<ArrayName, { readonly from: number; readonly length: number }>>;
  readonly bytes: number;
}

export const countOf = ({ series, tables }: Pick<Layout, 'series' | 'tables'>, { each, of }: Field): number =>
  each * (of === undefined ? 1 : of === 'series' ? series.length : (tables[of] ?? 0));

/** Fields follow each other in the order of the layout, each in its array; arrays begin at multiples of 8 bytes. */
export function placesOf(layout: Layout): Places {
  const used: Record<ArrayName, number> = { f64: 0, f32: 0, u32: 0, u16: 0 };
  const fields = new Map<string, Placed>();
  for (const field of layout.fields) {
    const count = countOf(layout, field);
    fields.set(field.name, { ...field, first: used[field.array], count });
    used[field.array] += count;
  }
  let from = 0;
  const span = (array: ArrayName): { from: number; length: number } => {
    const length = (Math.ceil((used[array] * ARRAYS[array]) / 8) * 8) / ARRAYS[array];
    const here = { from, length };
    from += length * ARRAYS[array];
    return here;
  };
  const arrays = { f64: span('f64'), f32: span('f32'), u32: span('u32'), u16: span('u16') };
  return { fields, arrays, bytes: from };
}

/** Equal for equal layouts only. */
export const layoutId = (layout: Layout): string =>
  createHash('sha256').update(JSON.stringify(layout)).digest('hex').slice(0, 16);

/** More than any state will ever have; a description from outside must not make us take more memory. */
const MOST_NUMBERS = 1_000_000;

/** A layout as `JSON.parse` gave it, or undefined if it is none. */
export function layoutFrom(value: unknown): Layout | undefined {
  const layout = value as Partial<Layout> | null;
  const isSize = (size: unknown): boolean => Number.isSafeInteger(size) && Number(size) > 0;
  const isField = (field: Partial<Field> | null): boolean =>
    typeof field?.name === 'string' &&
    Object.hasOwn(ARRAYS, String(field.array)) &&
    isSize(field.each) &&
    [field.of, field.part].every((name) => name === undefined || typeof name === 'string');
  if (typeof layout !== 'object' || layout === null) return undefined;
  const { series, tables, fields } = layout;
  if (!Array.isArray(series) || !series.every((name) => typeof name === 'string')) return undefined;
  if (typeof tables !== 'object' || tables === null || !Object.values(tables).every(isSize)) return undefined;
  if (!Array.isArray(fields) || !fields.every(isField)) return undefined;
  const whole: Layout = { series, tables, fields };
  const numbers = whole.fields.reduce((sum, field) => sum + countOf(whole, field), 0);
  return numbers <= MOST_NUMBERS ? whole : undefined;
}
