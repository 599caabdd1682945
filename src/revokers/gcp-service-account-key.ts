import { z } from 'zod';
import { readJson } from '../http.ts';
import { gcpSettings, iamOf, keyIdSchema, projectSchema, serviceAccountSchema } from './gcp-settings.ts';
import { gcpSwitch } from './gcp-switch.ts';
import { defineRevoker } from './revoker.ts';

/**
 * Disables one key of a service account: Google makes no access token for it any more, until it is enabled again.
 * https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys/disable
 *
 *     - iam.serviceAccountKeys.get
 *     - iam.serviceAccountKeys.disable
 *     - iam.serviceAccountKeys.enable
 */
export const gcpServiceAccountKey = defineRevoker({
  id: 'gcp-service-account-key',
  settingsOf: 'gcp',
  title: 'Google Cloud service-account key, disabled',
  reversible: true,
  undo: 'gcloud iam service-accounts keys enable KEY --iam-account=ACCOUNT',
  cannotStop:
    'access tokens that the key made before, for up to an hour (disable the account for those), other keys of the account, and use in the minutes until Google knows it everywhere',
  locksOut: false,
  needs: 'a role with iam.serviceAccountKeys.get, .disable and .enable on the project or the account',
  testedAgainst: 'fake: docs.cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys',
  settingsSchema: gcpSettings,
  specSchema: z.strictObject({
    with: z.literal('gcp-service-account-key'),
    project: projectSchema,
    account: serviceAccountSchema,
    key: keyIdSchema,
  }),
  describe: ({ account, key }) => `disable the key ${key} of the Google Cloud service account ${account}`,
  prepare: (settings, { project, account, key }) =>
    gcpSwitch({
      api: iamOf(settings),
      name: `projects/${project}/serviceAccounts/${account}/keys/${key}`,
      what: 'key',
      permission: 'iam.serviceAccountKeys',
      stateOf: (text) => keyState(text, key),
    }),
});

const answerSchema = z.object({ name: z.string(), disabled: z.boolean().default(false) });

/** Of the answer to a GET of this key; undefined where it tells of something else. */
export function keyState(text: string, key: string): 'ENABLED' | 'DISABLED' | undefined {
  const answer = readJson(text, answerSchema);
  if (answer?.name.endsWith(`/keys/${key}`) !== true) return undefined;
  return answer.disabled ? 'DISABLED' : 'ENABLED';
}
