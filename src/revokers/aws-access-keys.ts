import type { IAM } from '@aws-sdk/client-iam';
import { isAccessDenied, isNoSuchEntity } from '../aws-errors.ts';
import { mustExist } from './aws-settings.ts';

type Options = Parameters<IAM['listAccessKeys']>[1];

/** An access key of a user: what IAM says of it, and what can be done with it. */
export interface AccessKey {
  /** As IAM lists it now, which may lag behind a change by seconds; undefined where the user has no such key. */
  status(): Promise<string | undefined>;
  /** Repeating it changes nothing. A key that is not there is a mistake in the registry. */
  setStatus(status: 'Active' | 'Inactive'): Promise<void>;
  /** One that is gone already is left as it is. */
  remove(): Promise<void>;
  /** Who has it, if not this user; undefined also where IAM tells nothing of it, as of a deleted one. */
  otherOwner(): Promise<string | undefined>;
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html and its neighbours */
export function accessKey(iam: IAM, options: Options, user: string, id: string): AccessKey {
  const key = { UserName: user, AccessKeyId: id };
  return {
    async status() {
      const list = iam.listAccessKeys({ UserName: user }, options); // two at most, so one page
      const { AccessKeyMetadata: keys = [] } = await mustExist(`user ${user}`, list);
      return keys.find(({ AccessKeyId }) => AccessKeyId === id)?.Status;
    },
    async setStatus(status) {
      const update = iam.updateAccessKey({ ...key, Status: status }, options);
      await mustExist(`access key ${id} of a user ${user}`, update);
    },
    async remove() {
      try {
        await iam.deleteAccessKey(key, options);
      } catch (error) {
        if (!isNoSuchEntity(error)) throw error;
      }
    },
    async otherOwner() {
      try {
        const { UserName: owner } = await iam.getAccessKeyLastUsed({ AccessKeyId: id }, options);
        return owner === user ? undefined : owner;
      } catch (error) {
        if (isNoSuchEntity(error) || isAccessDenied(error)) return undefined; // which of them is not documented
        throw error;
      }
    },
  };
}
