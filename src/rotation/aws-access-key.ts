import { z } from 'zod';
import type { Credential } from '../attribution/credential.ts';
import { durationSchema } from '../config/duration.ts';
import { CallError } from '../errors.ts';
import { type Notes, NotYet } from '../response/action.ts';
import { accessKey } from '../revokers/aws-access-keys.ts';
import { awsNameSchema, awsSettings, withIam } from '../revokers/aws-settings.ts';
import { type KeyHolder, keyIn, nextKey, prove } from './aws-next-key.ts';
import { defineRotator } from './rotator.ts';
import { placeSchema } from './secret-writers/registry.ts';

/**
 * Gives an IAM user a second access key, and takes the first one away once the second is proven and agents have had time to read it. The secret
 * holds a key in the form in which AWS's SDKs take it from a program (`credential_process`). A user has two keys at most: the one that was made
 * inactive is deleted when the next rotation needs its place, so that it can be made active again until then.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html
 *
 *     {
 *       "Version": "2012-10-17",
 *       "Statement": [{
 *         "Effect": "Allow",
 *         "Action": ["iam:ListAccessKeys", "iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey", "iam:GetAccessKeyLastUsed"],
 *         "Resource": "arn:aws:iam::123456789012:user/agents/*"
 *       }]
 *     }
 */
export const awsAccessKey = defineRotator({
  id: 'aws-access-key',
  title: 'Access key of an IAM user, kept in a secret manager',
  proof: '`sts:GetCallerIdentity` says that the new key is one of the user, and IAM lists the old one as inactive',
  meanwhile:
    'both keys work for `keep_old` (an hour) after the new one is the current value; agents must read the secret again within it',
  needs:
    'for `revokers.aws` iam:ListAccessKeys, :CreateAccessKey, :UpdateAccessKey, :DeleteAccessKey and :GetAccessKeyLastUsed on the user, and what the secret manager asks for (below)',
  testedAgainst: 'moto 5.2, which goes on taking an inactive key: its state is read back',
  specSchema: z.strictObject({
    with: z.literal('aws-access-key'),
    user: awsNameSchema,
    /** Where agents find the key. */
    secret: placeSchema,
    /** Milliseconds. */
    keep_old: durationSchema.default(3_600_000),
  }),
  tuning: ['keep_old'],
  describe: ({ user, secret }) => `give the AWS user ${user} a new access key, kept in ${secret.reference}`,
  accounts: ({ secret }) => ['aws', secret.account],
  whyUnfit,
  prepare(settings, { user, secret, keep_old: keepOld }) {
    const account = awsSettings.parse(settings.aws);
    const target = { account, user, secret: secret.open(settings), keepOld };
    return { rotate: (notes, isStolen) => rotate(isStolen ? { ...target, keepOld: 0 } : target, notes) };
  },
});

/** A rotation would leave these behind: uses of the new key would be nobody's, and a revocation would hit the old one. */
function whyUnfit({ match, revoke, escalation = [] }: Credential): string | undefined {
  const names = [revoke, ...escalation].some((step) => step !== undefined && 'access_key_id' in step);
  if (match.aws_access_key_id === undefined && !names) return undefined;
  return 'its entry names an access key id, which a rotation changes: write match: { aws_principal_arn: … } and revoke: { with: aws-deny-all, user: … }';
}

interface Target extends KeyHolder {
  /** Milliseconds. */
  readonly keepOld: number;
}

async function rotate(target: Target, notes: Notes): Promise<string> {
  const { account, user, secret, keepOld } = target;
  if (notes.get('proven') === undefined) {
    const next = await nextKey(target, notes);
    await prove(target, next, true);
    await notes.keep('next', next.AccessKeyId);
    await notes.keep('proven', 'yes');
  }
  await secret.promote();
  const { current, pending } = await secret.read();
  const now = keyIn(current);
  if (now === undefined || now.AccessKeyId !== notes.get('next') || pending !== undefined)
    throw new CallError('somebody else changed the secret in between', false);
  await prove(target, now, true);
  const old = notes.get('old') ?? '';
  const until = notes.get('old-until');
  if (until === undefined) await notes.keep('old-until', String(Date.now() + keepOld));
  const left = until === undefined ? keepOld : Number(until) - Date.now();
  if (left > 0)
    throw new NotYet(left, `the new key is in use; the old one (${old}) works for ${Math.ceil(left / 1_000)} s more`);
  const status = await withIam(account, async (iam, options) => {
    const key = accessKey(iam, options, user, old);
    if ((await key.status()) !== undefined) await key.setStatus('Inactive');
    return key.status();
  });
  if (status === 'Active') throw new CallError(`IAM still lists the old key ${old} as Active`, true);
  return `AWS takes the new key ${now.AccessKeyId} as one of ${user}; the old one, ${old}, is ${status ?? 'deleted'}`;
}
