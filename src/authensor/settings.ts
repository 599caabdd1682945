import { z } from 'zod';
import { secretSchema } from '../config/secrets.ts';
import { httpUrl } from '../http-url.ts';

/** Of its control plane: to revoke keys, and to read receipts. */
export const authensorSchema = z.strictObject({
  url: httpUrl().meta({ example: 'https://authensor.example.com' }),
  /** Its role must be admin: no other one may see or revoke keys, or list receipts. */
  key: secretSchema,
});
export type AuthensorSettings = z.infer<typeof authensorSchema>;
