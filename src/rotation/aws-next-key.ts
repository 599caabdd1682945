import type { IAM } from '@aws-sdk/client-iam';
import { z } from 'zod';
import type { AwsAccount } from '../aws.ts';
import { identityOf } from '../aws-identity.ts';
import { CallError } from '../errors.ts';
import { readJson } from '../http.ts';
import type { Notes } from '../response/action.ts';
import { accessKey } from '../revokers/aws-access-keys.ts';
import { accessKeySchema, mustExist, withIam } from '../revokers/aws-settings.ts';
import type { WritableSecret } from './secret-writer.ts';

/** A user whose key is rotated, and where that is kept. */
export interface KeyHolder {
  readonly account: AwsAccount;
  readonly user: string;
  readonly secret: WritableSecret;
}

interface Key {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
}

const keySchema = z.object({ AccessKeyId: accessKeySchema, SecretAccessKey: z.string().min(16) });
/** In the form of `credential_process`. */
export const keyIn = (text: string | undefined): Key | undefined =>
  text === undefined ? undefined : readJson(text, keySchema);
const textOf = (key: Key): string => JSON.stringify({ Version: 1, ...key });

/** The next key, which waits in the secret manager by now; the current one works as before. */
export async function nextKey(target: KeyHolder, notes: Notes): Promise<Key> {
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

const makeKey = ({ account, user, secret }: KeyHolder, notes: Notes): Promise<void> =>
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

const as = ({ account: { region, endpoint } }: KeyHolder, { AccessKeyId, SecretAccessKey }: Key): AwsAccount => ({
  ...{ region, endpoint, access_key_id: AccessKeyId },
  secret_access_key: { reveal: () => SecretAccessKey },
});

/** @throws CallError unless AWS takes the key as one of the user */
export async function prove(target: KeyHolder, key: Key, isNew: boolean): Promise<void> {
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
