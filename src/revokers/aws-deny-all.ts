import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type Holder, type InlinePolicy, inlinePolicy } from './aws-inline-policy.ts';
import { awsNameSchema, awsSettings, withIam } from './aws-settings.ts';
import { defineRevoker } from './revoker.ts';

/** No other policy has this name, so that only ours is ever removed. */
const NAME = 'WaywardDenyAll';
const DENY_ALL = {
  Version: '2012-10-17',
  Statement: [{ Sid: NAME, Effect: 'Deny', Action: '*', Resource: '*' }],
};

/**
 * Gives a user or a role an inline policy that denies everything: it outdoes whatever allows, for each key and session at
 * once. The proof is the policy as IAM gives it back; for some seconds a service may go on by the old ones. IAM has no
 * right to add denials only, so that whoever holds these two rights can give, too: keep `Resource` to the agents' own.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 *
 *     {
 *       "Version": "2012-10-17",
 *       "Statement": [{
 *         "Effect": "Allow",
 *         "Action": ["iam:PutUserPolicy", "iam:GetUserPolicy", "iam:ListUserPolicies", "iam:DeleteUserPolicy"],
 *         "Resource": "arn:aws:iam::123456789012:user/agents/*"
 *       }, {
 *         "Effect": "Allow",
 *         "Action": ["iam:PutRolePolicy", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:DeleteRolePolicy"],
 *         "Resource": "arn:aws:iam::123456789012:role/agents/*"
 *       }]
 *     }
 */
export const awsDenyAll = defineRevoker({
  id: 'aws-deny-all',
  settingsOf: 'aws',
  title: 'AWS user or role, denied everything',
  reversible: true,
  undo: `aws iam delete-user-policy --user-name USER --policy-name ${NAME} (delete-role-policy --role-name ROLE)`,
  cannotStop:
    'sessions of roles that the user assumed before (aws-role-sessions stops those), the root user, service-linked roles and those of IAM Identity Center',
  needs:
    'iam:PutUserPolicy, iam:GetUserPolicy, iam:ListUserPolicies and iam:DeleteUserPolicy on the user, or the same for RolePolicy on the role',
  testedAgainst: 'moto 5.2',
  settingsSchema: awsSettings,
  specSchema: z
    .strictObject({
      with: z.literal('aws-deny-all'),
      user: awsNameSchema.optional(),
      role: awsNameSchema.optional(),
    })
    .refine(({ user, role }) => (user === undefined) !== (role === undefined), {
      message: 'needs either user or role; write one of them',
    }),
  describe: (spec) => `deny the AWS ${spec.user === undefined ? `role ${spec.role}` : `user ${spec.user}`} everything`,
  prepare(account, { user, role = '' }) {
    const holder: Holder = user === undefined ? { role } : { user };
    const withPolicy = <T>(work: (policy: InlinePolicy) => Promise<T>) =>
      withIam(account, (iam, options) => work(inlinePolicy(iam, options, holder, NAME)));
    return {
      revoke: () => withPolicy((policy) => policy.put(DENY_ALL)),
      restore: () => withPolicy((policy) => policy.remove()),
      async verify() {
        const document = await withPolicy((policy) => policy.read());
        if (document === undefined)
          return { dead: false, alive: true, proof: `IAM has no inline policy ${NAME} for it` };
        if (isDeepStrictEqual(document, DENY_ALL))
          return {
            dead: true,
            alive: false,
            proof: `IAM has the inline policy ${NAME} for it, which denies everything`,
          };
        return { dead: false, proof: `IAM has an inline policy ${NAME} for it that says something else` };
      },
    };
  },
});
