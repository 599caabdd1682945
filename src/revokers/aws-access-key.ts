import { z } from 'zod';
import { CallError } from '../errors.ts';
import { type AccessKey, accessKey } from './aws-access-keys.ts';
import { accessKeySchema, awsNameSchema, awsSettings, withIam } from './aws-settings.ts';
import { defineRevoker } from './revoker.ts';

/**
 * Makes an access key of an IAM user inactive, or active again. The proof is IAM's own list, which may lag behind the
 * change by seconds, as may every service that the key is used at.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
 *
 *     {
 *       "Version": "2012-10-17",
 *       "Statement": [{
 *         "Effect": "Allow",
 *         "Action": ["iam:UpdateAccessKey", "iam:ListAccessKeys"],
 *         "Resource": "arn:aws:iam::123456789012:user/agents/*"
 *       }]
 *     }
 */
export const awsAccessKey = defineRevoker({
  id: 'aws-access-key',
  settingsOf: 'aws',
  title: 'AWS access key, made inactive',
  reversible: true,
  undo: 'aws iam update-access-key --user-name USER --access-key-id KEY --status Active',
  cannotStop:
    "sessions (ASIA…) that were made with the key before, the user's other key and console password, and keys of the root user",
  needs: 'iam:UpdateAccessKey and iam:ListAccessKeys on the user',
  testedAgainst: 'moto 5.2, which does not enforce it: the state is read back',
  settingsSchema: awsSettings,
  specSchema: z.strictObject({
    with: z.literal('aws-access-key'),
    user: awsNameSchema,
    access_key_id: accessKeySchema,
  }),
  describe: (spec) => `make the access key ${spec.access_key_id} of the AWS user ${spec.user} inactive`,
  prepare(account, { user, access_key_id: id }) {
    const withKey = <T>(work: (key: AccessKey) => Promise<T>) =>
      withIam(account, (iam, options) => work(accessKey(iam, options, user, id)));
    return {
      revoke: () => withKey((key) => key.setStatus('Inactive')),
      restore: () => withKey((key) => key.setStatus('Active')),
      async verify() {
        const status = await withKey((key) => key.status());
        if (status === undefined)
          throw new CallError(
            `AWS lists no access key ${id} of user ${user}: it was deleted, or check the registry`,
            false,
          );
        return { dead: status === 'Inactive', alive: status === 'Active', proof: `IAM lists the key as ${status}` };
      },
    };
  },
});
