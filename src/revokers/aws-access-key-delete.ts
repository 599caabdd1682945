import { z } from 'zod';
import { type AccessKey, accessKey } from './aws-access-keys.ts';
import { accessKeySchema, awsNameSchema, awsSettings, withIam } from './aws-settings.ts';
import { defineRevoker } from './revoker.ts';

/**
 * Makes an access key of an IAM user inactive, then deletes it. The proof is that IAM doesn't list it any more: for
 * some seconds a service may go on taking it. A key of another user is a mistake in the registry, not a proof.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html
 *
 *     {
 *       "Version": "2012-10-17",
 *       "Statement": [{
 *         "Effect": "Allow",
 *         "Action": ["iam:UpdateAccessKey", "iam:DeleteAccessKey", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed"],
 *         "Resource": "arn:aws:iam::123456789012:user/agents/*"
 *       }]
 *     }
 */
export const awsAccessKeyDelete = defineRevoker({
  id: 'aws-access-key-delete',
  settingsOf: 'aws',
  title: 'AWS access key, deleted',
  reversible: false,
  undo: 'none: make a new key, aws iam create-access-key --user-name USER',
  cannotStop:
    "sessions (ASIA…) that were made with the key before, the user's other key and console password, and keys of the root user",
  needs: 'iam:UpdateAccessKey, iam:DeleteAccessKey, iam:ListAccessKeys and iam:GetAccessKeyLastUsed on the user',
  testedAgainst: 'moto 5.2',
  settingsSchema: awsSettings,
  specSchema: z.strictObject({
    with: z.literal('aws-access-key-delete'),
    user: awsNameSchema,
    access_key_id: accessKeySchema,
  }),
  knownAs: (spec) => ({ key: 'aws_access_key_id', value: spec.access_key_id }),
  describe: (spec) => `delete the access key ${spec.access_key_id} of the AWS user ${spec.user}`,
  prepare(account, { user, access_key_id: id }) {
    const withKey = <T>(work: (key: AccessKey) => Promise<T>) =>
      withIam(account, (iam, options) => work(accessKey(iam, options, user, id)));
    return {
      isThere: () => withKey(async (key) => (await key.status()) !== undefined),
      revoke: () =>
        withKey(async (key) => {
          if ((await key.status()) === undefined) return; // a repeat; the read-back tells it from a mistake
          await key.setStatus('Inactive');
          await key.remove();
        }),
      verify: () =>
        withKey(async (key) => {
          const status = await key.status();
          if (status !== undefined) return { dead: false, proof: `IAM still lists the key, as ${status}` };
          const owner = await key.otherOwner();
          if (owner === undefined) return { dead: true, proof: `IAM lists no such key of the user ${user} any more` };
          return {
            dead: false,
            proof: `the key is one of the AWS user ${owner}, not of ${user}: correct the registry`,
          };
        }),
    };
  },
});
