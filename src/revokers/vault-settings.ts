import { z } from 'zod';
import { secretSchema } from '../config/secrets.ts';
import { httpUrl } from '../http-url.ts';

/** `revokers.vault` in the configuration: shared by every revoker of Vault. */
export const vaultSettings = z.strictObject({
  url: httpUrl().meta({ example: 'https://vault.example.com:8200' }),
  token: secretSchema,
  namespace: z.string().min(1).optional(),
});

const PRINTABLE = /^[^\p{Cc}]+$/u;
const isPath = (path: string): boolean =>
  PRINTABLE.test(path) && path.split('/').every((segment) => !['', '.', '..'].includes(segment));

/** A path of one or more segments, without slashes at its ends. */
export const pathSchema = z
  .string()
  .max(512)
  .refine(isPath, 'is no path in Vault; write it without a slash at either end, such as database/creds/billing-ro');

/** The name of a role, or the id of an entity or accessor: one segment. */
export const nameSchema = z
  .string()
  .max(256)
  .refine((name) => isPath(name) && !name.includes('/'), 'is no name in Vault; write it as Vault shows it');

/** The id of an identity entity: the form of a UUID, but without its version. */
export const entitySchema = z.guid().meta({ example: '7d2e3179-f69b-450c-7179-ac8ee8bd8ca9' });
