import { z } from 'zod';
import { CallError } from '../errors.ts';
import { callGcp, says } from '../gcp.ts';
import { keyState } from './gcp-service-account-key.ts';
import { gcpSettings, iamOf, keyIdSchema, projectSchema, serviceAccountSchema } from './gcp-settings.ts';
import { defineRevoker } from './revoker.ts';

/**
 * Deletes one key of a service account, for good. IAM answers for a key that it never had as for a deleted one: so a key
 * counts as deleted only where it was seen there before, and while its account is there.
 * https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys/delete
 *
 *     - iam.serviceAccountKeys.get
 *     - iam.serviceAccountKeys.delete
 *     - iam.serviceAccounts.get
 */
export const gcpServiceAccountKeyDelete = defineRevoker({
  id: 'gcp-service-account-key-delete',
  settingsOf: 'gcp',
  title: 'Google Cloud service-account key, deleted',
  reversible: false,
  undo: 'none: give the agent a new key',
  cannotStop:
    'access tokens that the key made before, for up to an hour (disable the account for those), other keys of the account, and use in the minutes until Google knows it everywhere',
  locksOut: false,
  needs:
    'a role with iam.serviceAccountKeys.get and .delete, and iam.serviceAccounts.get, on the project or the account',
  testedAgainst: 'fake: docs.cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys',
  settingsSchema: gcpSettings,
  specSchema: z.strictObject({
    with: z.literal('gcp-service-account-key-delete'),
    project: projectSchema,
    account: serviceAccountSchema,
    key: keyIdSchema,
  }),
  describe: ({ account, key }) => `delete the key ${key} of the Google Cloud service account ${account}`,
  prepare(settings, { project, account, key }) {
    const api = iamOf(settings);
    const accountName = `projects/${project}/serviceAccounts/${account}`;
    const path = `${accountName}/keys/${key}`;
    async function isThere(): Promise<boolean> {
      const call = { method: 'GET', path, permission: 'iam.serviceAccountKeys.get', accepts: ['NOT_FOUND'] } as const;
      const answer = await callGcp(api, call);
      if (says(answer, 'NOT_FOUND')) return false;
      if (keyState(answer.text, key) === undefined)
        throw new CallError('IAM did not say whether the key is there', true);
      return true;
    }

    return {
      isThere,
      async revoke() {
        await callGcp(api, {
          method: 'DELETE',
          path,
          permission: 'iam.serviceAccountKeys.delete',
          accepts: ['NOT_FOUND'],
        });
      },
      async verify() {
        if (await isThere()) return { dead: false, proof: 'IAM still has the key' };
        await callGcp(api, { method: 'GET', path: accountName, permission: 'iam.serviceAccounts.get' });
        return { dead: true, proof: 'IAM has the account, and no such key of it any more' };
      },
    };
  },
});
