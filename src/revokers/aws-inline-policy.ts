import type { IAM } from '@aws-sdk/client-iam';
import { isNoSuchEntity } from '../aws-errors.ts';
import { mustExist } from './aws-settings.ts';

type Options = Parameters<IAM['putUserPolicy']>[1];

/** Whom the policy is for: a user or a role. */
export type Holder = { readonly user: string } | { readonly role: string };

/** One inline policy, by its name: others of the same user or role are never touched. */
export interface InlinePolicy {
  put(document: object): Promise<void>;
  /** What IAM has under that name, parsed; undefined where there is none. A user or role that is not there is a mistake. */
  read(): Promise<unknown>;
  /** One that is not there is fine. */
  remove(): Promise<void>;
}

export function inlinePolicy(iam: IAM, options: Options, holder: Holder, name: string): InlinePolicy {
  const { what, put, get, list, remove } =
    'user' in holder ? ofUser(iam, options, holder.user, name) : ofRole(iam, options, holder.role, name);
  return {
    async put(document) {
      await mustExist(what, put(JSON.stringify(document)));
    },
    async read() {
      try {
        return parsed((await get()).PolicyDocument ?? '');
      } catch (error) {
        if (!isNoSuchEntity(error)) throw error;
        await mustExist(what, list()); // IAM says the same of a policy and of its holder
        return undefined;
      }
    },
    async remove() {
      try {
        await remove();
      } catch (error) {
        if (!isNoSuchEntity(error)) throw error;
      }
    },
  };
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html and its neighbours */
function ofUser(iam: IAM, options: Options, user: string, policy: string) {
  const one = { UserName: user, PolicyName: policy };
  return {
    what: `user ${user}`,
    put: (document: string) => iam.putUserPolicy({ ...one, PolicyDocument: document }, options),
    get: () => iam.getUserPolicy(one, options),
    list: () => iam.listUserPolicies({ UserName: user, MaxItems: 1 }, options),
    remove: () => iam.deleteUserPolicy(one, options),
  };
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html and its neighbours */
function ofRole(iam: IAM, options: Options, role: string, policy: string) {
  const one = { RoleName: role, PolicyName: policy };
  return {
    what: `role ${role}`,
    put: (document: string) => iam.putRolePolicy({ ...one, PolicyDocument: document }, options),
    get: () => iam.getRolePolicy(one, options),
    list: () => iam.listRolePolicies({ RoleName: role, MaxItems: 1 }, options),
    remove: () => iam.deleteRolePolicy(one, options),
  };
}

/** IAM gives documents back percent-encoded. */
function parsed(document: string): unknown {
  try {
    return JSON.parse(decodeURIComponent(document));
  } catch {
    return document; // no policy of ours
  }
}
