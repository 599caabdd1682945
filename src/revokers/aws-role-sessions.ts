import { z } from 'zod';
import { type AwsClock, clockOf, EARLY_MS } from './aws-clock.ts';
import { type InlinePolicy, inlinePolicy } from './aws-inline-policy.ts';
import { awsNameSchema, awsSettings, withIam } from './aws-settings.ts';
import { defineRevoker } from './revoker.ts';

/** Not the console's AWSRevokeOlderSessions, which may be there by a person's hand: only ours is ever moved or removed. */
const NAME = 'WaywardRevokeOlderSessions';

/**
 * Ends every session of a role that began before now, by an inline policy of the form that AWS's console uses. A repeat
 * never moves the time back, and leaves one that is late enough. The proof is the policy as IAM gives it
 * back, with a time after the decision; for some seconds, AWS says minutes, a service may go on without it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
 *
 *     {
 *       "Version": "2012-10-17",
 *       "Statement": [{
 *         "Effect": "Allow",
 *         "Action": ["iam:PutRolePolicy", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:DeleteRolePolicy"],
 *         "Resource": "arn:aws:iam::123456789012:role/agents/*"
 *       }]
 *     }
 */
export const awsRoleSessions = defineRevoker({
  id: 'aws-role-sessions',
  settingsOf: 'aws',
  title: 'AWS role, its sessions so far',
  reversible: true,
  undo: `aws iam delete-role-policy --role-name ROLE --policy-name ${NAME}`,
  cannotStop:
    'a new session for whoever may still assume the role, roles that a session assumed before in turn, service-linked roles and those of IAM Identity Center',
  locksOut: false,
  needs: 'iam:PutRolePolicy, iam:GetRolePolicy, iam:ListRolePolicies and iam:DeleteRolePolicy on the role',
  testedAgainst: 'moto 5.2, which does not enforce it: the policy is read back',
  settingsSchema: awsSettings,
  specSchema: z.strictObject({ with: z.literal('aws-role-sessions'), role: awsNameSchema }),
  describe: ({ role }) => `revoke every session of the AWS role ${role} that began before the call`,
  prepare(account, { role }) {
    const withPolicy = <T>(work: (policy: InlinePolicy, clock: AwsClock) => Promise<T>) =>
      withIam(account, (iam, options) => {
        const clock = clockOf(iam);
        return work(inlinePolicy(iam, options, { role }, NAME), clock);
      });
    return {
      revoke: ({ decidedAt = Date.now() }) =>
        withPolicy(async (policy, clock) => {
          const before = cutoffOf(await policy.read()) ?? Number.NEGATIVE_INFINITY;
          if (before >= clock(decidedAt) + EARLY_MS) return;
          await policy.put(denyBefore(Math.max(before, clock(Date.now()) + EARLY_MS)));
        }),
      restore: () => withPolicy((policy) => policy.remove()),
      verify: ({ decidedAt }) =>
        withPolicy(async (policy, clock) => {
          const document = await policy.read();
          if (document === undefined)
            return { dead: false, alive: true, proof: `IAM has no inline policy ${NAME} for the role` };
          const cutoff = cutoffOf(document);
          if (cutoff === undefined)
            return { dead: false, proof: `IAM has an inline policy ${NAME} for the role that says something else` };
          const proof = `IAM has the inline policy ${NAME} for the role: sessions from before ${iso(cutoff)} are denied everything`;
          const isLater = decidedAt === undefined || cutoff >= clock(decidedAt);
          return { dead: isLater, alive: false, proof };
        }),
    };
  },
});

const iso = (time: number): string => new Date(time).toISOString();

const denyBefore = (time: number) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Deny',
      Action: ['*'],
      Resource: ['*'],
      Condition: { DateLessThan: { 'aws:TokenIssueTime': iso(time) } },
    },
  ],
});

const documentSchema = z.strictObject({
  Version: z.string(),
  Statement: z.tuple([
    z.strictObject({
      Effect: z.literal('Deny'),
      Action: z.tuple([z.literal('*')]),
      Resource: z.tuple([z.literal('*')]),
      Condition: z.strictObject({ DateLessThan: z.strictObject({ 'aws:TokenIssueTime': z.iso.datetime() }) }),
    }),
  ]),
});

/** The time in a policy of ours, milliseconds since the epoch; undefined for any other document. */
function cutoffOf(document: unknown): number | undefined {
  const read = documentSchema.safeParse(document).data;
  return read && Date.parse(read.Statement[0].Condition.DateLessThan['aws:TokenIssueTime']);
}
