import type { IAM } from '@aws-sdk/client-iam';
import { z } from 'zod';
import { type AwsAccount, withAws } from '../aws.ts';
import { isNoSuchEntity } from '../aws-errors.ts';
import { secretSchema } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import { httpUrl } from '../http-url.ts';

/** `revokers.aws` in the configuration: shared by every revoker of AWS. `aws: {}` leaves everything to the SDK's provider chain. */
export const awsSettings = z
  .strictObject({
    /** IAM is the same in every region, but each partition (China, GovCloud) has its own. */
    region: z
      .string()
      .regex(/^[a-z0-9-]+$/, 'is no region; write such as eu-central-1')
      .optional(),
    endpoint: httpUrl().optional(),
    access_key_id: z
      .string()
      .regex(/^\w{16,128}$/, 'is no access key id; write such as AKIAIOSFODNN7EXAMPLE')
      .optional(),
    secret_access_key: secretSchema.optional(),
    role_arn: z
      .string()
      .regex(
        /^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/,
        'is no role; write such as arn:aws:iam::123456789012:role/wayward',
      )
      .optional(),
  })
  .refine((settings) => (settings.access_key_id === undefined) === (settings.secret_access_key === undefined), {
    message: 'has one of access_key_id and secret_access_key; write both, or neither',
  });

/** Of a user or a role, without its path. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const awsNameSchema = z.string().regex(/^[\w+=,.@-]{1,64}$/, 'is no name in IAM; write it without its path');

export const accessKeySchema = z
  .string()
  .regex(
    /^AKIA\w{12,124}$/,
    'is no access key id of a user: AKIA…; for a temporary one (ASIA…) write with: aws-role-sessions and its role',
  );

/** Talks to IAM. @throws CallError */
export const withIam = <T>(
  account: AwsAccount,
  work: (iam: IAM, options: { readonly abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> => withAws(account, async (config) => new (await import('@aws-sdk/client-iam')).IAM(config), work);

/** What the registry names and AWS doesn't have is a mistake there, never a proof. */
export async function mustExist<T>(what: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!isNoSuchEntity(error)) throw error;
    throw new CallError(`AWS has no ${what}: check the registry and the account`, false);
  }
}
