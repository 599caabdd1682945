import { z } from 'zod';
import { readJson } from '../../http.ts';
import { SecretError } from '../secret-provider.ts';

const MAX_NAMES = 10;
const MAX_SHOWN = 200;

/** The fields of a secret, by name. */
export const fieldsSchema = z.record(z.string(), z.unknown());
type Fields = z.infer<typeof fieldsSchema>;

/** One field of a secret; `secret` says in errors which one it is. @throws SecretError with the names of those that are there */
export function fieldOf(fields: Fields, field: string, secret: string): string {
  const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (typeof value === 'string' && value !== '') return value;
  const problem = value === undefined ? 'which has no such field' : 'whose field is no text, or empty';
  const names = Object.keys(fields).slice(0, MAX_NAMES).join(', ').slice(0, MAX_SHOWN);
  throw new SecretError(`refers to ${field} of ${secret}, ${problem}; its fields: ${names || 'none'}`);
}

/** The same of a secret that is the text of a JSON object. */
export function fieldOfJson(text: string, field: string, secret: string): string {
  const fields = readJson(text, fieldsSchema);
  if (fields !== undefined) return fieldOf(fields, field, secret);
  throw new SecretError(
    `refers to ${field} of ${secret}, which has no fields, since it is no JSON object; leave out #${field}`,
  );
}
