import { z } from 'zod';

/** What a log may say in a field: text, a number, true or false. */
export const scalarSchema = z.union([z.string().max(256), z.number(), z.boolean()]);
export type Scalar = z.infer<typeof scalarSchema>;

const RANGE = /^(\d{1,9})-(\d{1,9})$/;
const STATUS_CLASS = /^([1-5])xx$/;

/** Whether a text fits a pattern in which `*` stands for anything. Linear in the text for each `*`. */
export const fitsGlob = (pattern: string, text: string): boolean => {
  const parts = pattern.split('*');
  const [first = ''] = parts;
  if (parts.length === 1) return text === pattern;
  const last = parts.at(-1) ?? '';
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
};

/**
 * Compiles a list of values: `401` and `"401"` are the same, `4xx` is a class of status, `400-499` a range, `*` stands for anything.
 * A list without any is never fitted.
 */
export const matcher = (wanted: readonly Scalar[]): ((value: unknown) => boolean) => {
  const exact = new Set<string>();
  const others: ((text: string) => boolean)[] = [];
  for (const one of wanted) {
    const text = String(one);
    const [, from, to] = RANGE.exec(text) ?? [];
    const [, digit] = STATUS_CLASS.exec(text) ?? [];
    exact.add(text);
    if (digit !== undefined) others.push((value) => /^[1-5]\d\d$/.test(value) && value[0] === digit);
    else if (from !== undefined && to !== undefined)
      others.push((value) => /^\d{1,15}$/.test(value) && Number(value) >= Number(from) && Number(value) <= Number(to));
    else if (text.includes('*')) others.push((value) => fitsGlob(text, value));
  }
  return (value) => {
    const text = String(value);
    return exact.has(text) || (others.length > 0 && others.some((fits) => fits(text)));
  };
};
