import { z } from 'zod';
import { type AwsAccount, withAws } from '../../aws.ts';
import { CallError } from '../../errors.ts';
import { httpUrl } from '../../http-url.ts';
import { type SecretContext, SecretError, type SecretProvider, SecretServerError } from '../secret-provider.ts';
import { fieldOfJson } from './field-of.ts';
import { fetchOwn, ownSecretSchema } from './own-secret.ts';

const settingsSchema = z
  .strictObject({
    region: z.string().min(1).meta({ example: 'eu-central-1' }).optional(),
    endpoint: httpUrl().optional(),
    access_key_id: z.string().min(16).meta({ example: 'AKIA…' }).optional(),
    secret_access_key: ownSecretSchema('the key lies, outside of AWS').optional(),
    role_arn: z.string().min(20).meta({ example: 'arn:aws:iam::123456789012:role/wayward' }).optional(),
  })
  .refine((settings) => (settings.access_key_id === undefined) === (settings.secret_access_key === undefined), {
    message: 'has one of access_key_id and secret_access_key; write both, or neither',
  });

/**
 * `secret://aws-secrets-manager/NAME`: the current version of a secret that is a text; with `#FIELD`, one field of a secret
 * that is JSON. NAME may be the whole ARN. The account is `secret_providers.aws-secrets-manager`; what that leaves out, the
 * SDK finds as for any program (AWS_REGION, AWS_PROFILE, a role of the machine).
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 *
 *     {
 *       "Version": "2012-10-17",
 *       "Statement": [{
 *         "Effect": "Allow",
 *         "Action": "secretsmanager:GetSecretValue",
 *         "Resource": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:wayward/*"
 *       }]
 *     }
 */
export const awsSecretsManagerProvider: SecretProvider = {
  example: 'secret://aws-secrets-manager/NAME#FIELD',
  settingsSchema,
  async fetch(location, context) {
    const [, name, field] = /^([\w/+=.@:-]+)(?:#([^#]+))?$/.exec(location) ?? [];
    if (name === undefined)
      throw new SecretError(
        'does not name a secret in AWS; write such as secret://aws-secrets-manager/wayward/kafka#password',
      );
    const text = await read(await accountOf(context), name);
    return field === undefined ? text : fieldOfJson(text, field, `${name} in AWS Secrets Manager`);
  },
};

async function accountOf(context: SecretContext): Promise<AwsAccount> {
  const settings = context.providers?.settings['aws-secrets-manager'] as z.infer<typeof settingsSchema> | undefined;
  const { secret_access_key: reference, ...account } = settings ?? {};
  if (reference === undefined) return account;
  const key = await fetchOwn(reference, 'refers to AWS, whose key', context);
  return { ...account, secret_access_key: { reveal: () => key } };
}

async function read(account: AwsAccount, name: string): Promise<string> {
  const where = `refers to ${name} in AWS Secrets Manager`;
  try {
    const { SecretString: text, SecretBinary: bytes } = await withAws(
      account,
      async (config) => new (await import('@aws-sdk/client-secrets-manager')).SecretsManager(config),
      (client, options) => client.getSecretValue({ SecretId: name }, options),
    );
    if (text !== undefined && text !== '') return text;
    throw new SecretError(`${where}, which is ${bytes === undefined ? 'empty' : 'binary'}; store it as a text`);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const Unavailable = error.retryable ? SecretServerError : SecretError;
    throw new Unavailable(`${where}, which cannot be read: ${error.message}`);
  }
}
