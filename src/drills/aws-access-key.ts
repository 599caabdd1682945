import type { IAM } from '@aws-sdk/client-iam';
import type { AwsAccount } from '../aws.ts';
import { isNoSuchEntity } from '../aws-errors.ts';
import { identityOf } from '../aws-identity.ts';
import { CallError } from '../errors.ts';
import { awsSettings, withIam } from '../revokers/aws-settings.ts';
import { untilSo } from '../until-so.ts';
import { type Canary, type DrillKind, defineDrill } from './drill-kind.ts';

/** Canaries are users of their own below it, so that rights can be given on them alone. */
const PATH = '/wayward-canary/';
/** A new key is known everywhere within seconds, most often. */
const KNOWN_WITHIN_MS = 30_000;

/**
 * An access key of an IAM user of its own, who may do nothing: GetCallerIdentity asks for no right, and tells whose a key is.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 *
 *     {
 *       "Version": "2012-10-17",
 *       "Statement": [{
 *         "Effect": "Allow",
 *         "Action": ["iam:CreateUser", "iam:DeleteUser", "iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed"],
 *         "Resource": "arn:aws:iam::123456789012:user/wayward-canary/*"
 *       }, {
 *         "Effect": "Allow",
 *         "Action": "iam:ListUsers",
 *         "Resource": "*"
 *       }]
 *     }
 */
const accessKeyDrill = (id: 'aws-access-key' | 'aws-access-key-delete', done: string): DrillKind =>
  defineDrill({
    id,
    title: `access key of an IAM user \`wayward_canary_…\` without any right, ${done}`,
    proof: '`sts:GetCallerIdentity` refuses the key, within the objective',
    needs: `iam:CreateUser, :DeleteUser, :CreateAccessKey and what the revokers of access keys need, on users below \`${PATH}\`, and iam:ListUsers`,
    settings: awsSettings,
    fields: {},
    issuer: (account) => ({
      create: (name) =>
        withIam(account, async (iam, options) => {
          await iam.createUser({ UserName: name, Path: PATH }, options);
          const { AccessKey: key } = await iam.createAccessKey({ UserName: name }, options);
          if (key?.AccessKeyId === undefined || key.SecretAccessKey === undefined)
            throw new CallError('AWS made no access key', false);
          const { AccessKeyId, SecretAccessKey } = key;
          const revoke = { with: id, user: name, access_key_id: AccessKeyId };
          return { ...useOf(account, name, AccessKeyId, SecretAccessKey), kind: 'aws-access-key', revoke };
        }),
      removeLeft: (isLeft) =>
        withIam(account, async (iam, options) => {
          const { Users: users = [] } = await iam.listUsers({ PathPrefix: PATH, MaxItems: 1000 }, options);
          const left = users.map(({ UserName = '' }) => UserName).filter(isLeft);
          for (const name of left) await drop(iam, options, name);
          return left.length;
        }),
    }),
  });

/** The step that can be undone. */
export const awsAccessKey = accessKeyDrill('aws-access-key', 'made inactive');
export const awsAccessKeyDelete = accessKeyDrill('aws-access-key-delete', 'deleted');

function useOf(
  account: AwsAccount,
  user: string,
  id: string,
  secret: string,
): Pick<Canary, 'use' | 'refused' | 'remove'> {
  const { region, endpoint } = account;
  const canary = { region, endpoint, access_key_id: id, secret_access_key: { reveal: () => secret } };
  const ask = async (): Promise<{ readonly arn?: string; readonly refusal?: string }> => identityOf(canary);
  return {
    async use() {
      const look = async () => (await ask()).arn;
      const arn = await untilSo(KNOWN_WITHIN_MS, look, new CallError('AWS does not take the new key', false));
      if (!arn.endsWith(`/${user}`)) throw new CallError(`AWS says that the new key is one of ${arn}`, false);
    },
    async refused(within) {
      const look = async () => (await ask()).refusal;
      const late = new CallError('the key still works: sts:GetCallerIdentity answered it', false);
      const refusal = await untilSo(within, look, late);
      return `sts:GetCallerIdentity refused the key (${refusal})`;
    },
    remove: () => withIam(account, (iam, options) => drop(iam, options, user)),
  };
}

async function drop(iam: IAM, options: Parameters<IAM['deleteUser']>[1], user: string): Promise<void> {
  try {
    const { AccessKeyMetadata: keys = [] } = await iam.listAccessKeys({ UserName: user }, options);
    for (const { AccessKeyId } of keys) await iam.deleteAccessKey({ UserName: user, AccessKeyId }, options);
    await iam.deleteUser({ UserName: user }, options);
  } catch (error) {
    if (!isNoSuchEntity(error)) throw error;
  }
}
