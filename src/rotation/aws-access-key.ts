import type { IAM } from '@aws-sdk/client-iam';
import { z } from 'zod';
import type { Credential } from '../attribution/credential.ts';
import type { AwsAccount } from '../aws.ts';
import { identityOf } from '../aws-identity.ts';
import { durationSchema } from '../config/duration.ts';
import { CallError } from '../errors.ts';
import { readJson } from '../http.ts';
import { accessKey } from '../revokers/aws-access-keys.ts';
import { accessKeySchema, awsNameSchema, awsSettings, mustExist, withIam } from '../revokers/aws-settings.ts';
import { defineRotator, type Notes, NotYet } from './rotator.ts';
import type { WritableSecret } from './secret-writer.ts';
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
  describe: ({ user, secret }) => `give the AWS user ${user} a new access key, kept in ${secret.reference}`,
  accounts: ({ secret }) => ['aws', secret.account],
  whyUnfit,
  prepare(settings, { user, secret, keep_old: keepOld }) {
    const account = awsSettings.parse(settings.aws);
    const target = { account, user, secret: secret.open(settings), keepOld };
    return { rotate: (notes) => rotate(target, notes) };
  },
});

/** A rotation would leave these behind: uses of the new key would be nobody's, and a revocation would hit the old one. */
function whyUnfit({ match, revoke, escalation = [] }: Credential): string | undefined {
  const names = [revoke, ...escalation].some((step) => step !== undefined && 'access_key_id' in step);
  if (match.aws_access_key_id === undefined && !names) return undefined;
  return 'its entry names an access key id, which a rotation changes: write match: { aws_principal_arn: … } and revoke: { with: aws-deny-all, user: … }';
}

interface Target {
  readonly account: AwsAccount;
  readonly user: string;
  readonly secret: WritableSecret;
  readonly keepOld: number;
}

interface Key {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
}

const keySchema = z.object({ AccessKeyId: accessKeySchema, SecretAccessKey: z.string().min(16) });
const keyIn = (text: string | undefined): Key | undefined =>
  text === undefined ? undefined : readJson(text, keySchema);
const textOf = (key: Key): string => JSON.stringify({ Version: 1, ...key });

async function rotate(target: Target, notes: Notes): Promise<string> {
  const { account, user, secret, keepOld } = target;
  if (notes.get('proven') === undefined) {
    const next = await staged(target, notes);
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
  if (notes.get('old-until') === undefined) await notes.keep('old-until', String(Date.now() + keepOld));
  const left = Number(notes.get('old-until')) - Date.now();
  const old = notes.get('old') ?? '';
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

/** The next key, which waits in the secret manager by now; the current one works as before. */
async function staged(target: Target, notes: Notes): Promise<Key> {
  const { secret } = target;
  const { current, pending } = await secret.read();
  const old = keyIn(current);
  if (old === undefined)
    throw new CallError(
      'the secret holds no access key: write {"Version":1,"AccessKeyId":"AKIA…","SecretAccessKey":"…"} there first',
      false,
    );
  if (notes.get('old') === undefined) {
    await prove(target, old, false);
    await notes.keep('old', old.AccessKeyId);
  }
  if (notes.get('staged') === undefined) {
    const waits = keyIn(pending);
    if (waits === undefined || !('arn' in (await identityOf(as(target, waits))))) await makeKey(target, notes);
    await notes.keep('staged', 'yes');
  }
  const next = keyIn((await secret.read()).pending);
  if (next === undefined) throw new CallError('somebody removed the pending value of the secret', false);
  return next;
}

const makeKey = ({ account, user, secret }: Target, notes: Notes): Promise<void> =>
  withIam(account, async (iam, options) => {
    await makeRoom(iam, options, user, notes);
    await notes.keep('making', 'yes'); // from here on, a key that was never used is one of ours
    const { AccessKey: made } = await iam.createAccessKey({ UserName: user }, options);
    const key = keySchema.safeParse(made).data;
    if (key === undefined) throw new CallError('AWS made no access key', false);
    try {
      await secret.stage(textOf(key));
    } catch (error) {
      await accessKey(iam, options, user, key.AccessKeyId).remove(); // nobody has its secret
      throw error;
    }
  });

type Options = Parameters<IAM['listAccessKeys']>[1];

/** Deletes the key beside the current one: one that is inactive, or whose secret got lost with a process of ours. */
async function makeRoom(iam: IAM, options: Options, user: string, notes: Notes): Promise<void> {
  const list = await mustExist(`user ${user}`, iam.listAccessKeys({ UserName: user }, options));
  for (const { AccessKeyId: id = '', Status: status } of list.AccessKeyMetadata ?? []) {
    if (id === notes.get('old')) continue;
    if (status === 'Active' && !(notes.get('making') !== undefined && (await isUnused(iam, options, id))))
      throw new CallError(
        `the AWS user ${user} has a second active access key, ${id}, and there is no third: make it inactive if nobody uses it`,
        false,
      );
    await accessKey(iam, options, user, id).remove();
  }
}

const isUnused = async (iam: IAM, options: Options, id: string): Promise<boolean> =>
  (await iam.getAccessKeyLastUsed({ AccessKeyId: id }, options)).AccessKeyLastUsed?.LastUsedDate === undefined;

const as = ({ account: { region, endpoint } }: Target, { AccessKeyId, SecretAccessKey }: Key): AwsAccount => ({
  ...{ region, endpoint, access_key_id: AccessKeyId },
  secret_access_key: { reveal: () => SecretAccessKey },
});

/** @throws CallError unless AWS takes the key as one of the user */
async function prove(target: Target, key: Key, isNew: boolean): Promise<void> {
  const said = await identityOf(as(target, key));
  if ('refusal' in said) {
    const what = isNew
      ? 'AWS does not take the new key yet'
      : 'AWS does not take the key in the secret: there would be no way back';
    throw new CallError(`${what} (${said.refusal})`, isNew);
  }
  if (!said.arn.endsWith(`/${target.user}`))
    throw new CallError(
      `the key ${key.AccessKeyId} is not one of the AWS user ${target.user}: it is ${said.arn}`,
      false,
    );
}
