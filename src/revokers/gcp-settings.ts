import { z } from 'zod';
import { secretSchema } from '../config/secrets.ts';
import type { GcpApi } from '../gcp.ts';
import { METADATA_URL } from '../gcp-token.ts';
import { httpUrl } from '../http-url.ts';

const urlSchema = httpUrl();

/** `revokers.gcp` in the configuration: shared by every revoker of Google Cloud. */
export const gcpSettings = z
  .strictObject({
    /** A service-account key. Without it and without a token: the metadata server, which is there on Google Cloud only. */
    key: secretSchema.optional(),
    access_token: secretSchema.optional(),
    iam_url: urlSchema.default('https://iam.googleapis.com'),
    secret_manager_url: urlSchema.default('https://secretmanager.googleapis.com'),
    metadata_url: urlSchema.default(METADATA_URL),
  })
  .refine(({ key, access_token }) => key === undefined || access_token === undefined, {
    message: 'has both a key and an access_token; write one of them',
  });

type GcpSettings = z.infer<typeof gcpSettings>;

export const iamOf = (account: GcpSettings): GcpApi => ({ service: 'IAM', url: account.iam_url, account });

export const secretManagerOf = (account: GcpSettings): GcpApi => ({
  service: 'Secret Manager',
  url: account.secret_manager_url,
  account,
});

/** An id or a number; never the wildcard `-`, with which IAM answers 403 for what is not there. */
export const projectSchema = z
  .string()
  .regex(
    /^(?:[a-z\d][a-z\d.-]{0,62}:)?[a-z\d][a-z\d-]{3,60}[a-z\d]$/,
    'is no id of a project; write it as Google Cloud shows it, such as billing-prod',
  );

/** By its email or by its unique id. */
export const serviceAccountSchema = z
  .string()
  .regex(
    /^(?:[a-z\d][\w.+-]{0,62}@[a-z\d][a-z\d.-]{0,252}|\d{10,30})$/,
    'is no service account; write its email, such as agent@billing-prod.iam.gserviceaccount.com',
  );

/** `private_key_id` in the agent's key file. */
export const keyIdSchema = z
  .string()
  .regex(/^[\da-f]{40}$/, 'is no id of a key; write the 40 digits that the key file has as private_key_id');
