import { z } from 'zod';
import { CallError } from '../../errors.ts';
import { readJson } from '../../http.ts';

/** What of a secret is rotated: all of its text, or one field of a JSON object. */
export interface Part {
  /** Undefined where there is no such field, or no text in it. */
  read(text: string): string | undefined;
  /** The text with another value in this part; other fields stay. @throws CallError where it has no fields */
  write(text: string, value: string): string;
}

const fieldsSchema = z.record(z.string(), z.unknown());

export const partOf = (field: string | undefined): Part => (field === undefined ? WHOLE : fieldPart(field));

const WHOLE: Part = { read: (text) => text || undefined, write: (_text, value) => value };

const fieldPart = (field: string): Part => ({
  read(text) {
    const fields = readJson(text, fieldsSchema) ?? {};
    const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
    return typeof value === 'string' && value !== '' ? value : undefined;
  },
  write(text, value) {
    const fields = readJson(text, fieldsSchema);
    if (fields === undefined)
      throw new CallError(`the secret is no JSON object: leave out #${field}, or store it as one`, false);
    return JSON.stringify({ ...fields, [field]: value });
  },
});
