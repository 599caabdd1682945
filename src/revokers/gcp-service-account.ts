import { z } from 'zod';
import { readJson } from '../http.ts';
import { gcpSettings, iamOf, projectSchema, serviceAccountSchema } from './gcp-settings.ts';
import { gcpSwitch, type SwitchState } from './gcp-switch.ts';
import { defineRevoker } from './revoker.ts';

/**
 * Disables a service account: Google rejects its access tokens, also those made before, and makes no new ones, whatever
 * key or workload asks, until it is enabled again.
 * https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/disable
 *
 *     - iam.serviceAccounts.get
 *     - iam.serviceAccounts.disable
 *     - iam.serviceAccounts.enable
 */
export const gcpServiceAccount = defineRevoker({
  id: 'gcp-service-account',
  settingsOf: 'gcp',
  title: 'Google Cloud service account, disabled',
  reversible: true,
  undo: 'gcloud iam service-accounts enable ACCOUNT',
  cannotStop:
    'tokens of other accounts, also those that it impersonated before, and use in the minutes until Google knows it everywhere; it stops everybody who uses the account, not this agent alone',
  needs: 'a role with iam.serviceAccounts.get, .disable and .enable on the project or the account',
  testedAgainst: 'fake: docs.cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts',
  settingsSchema: gcpSettings,
  specSchema: z.strictObject({
    with: z.literal('gcp-service-account'),
    project: projectSchema,
    account: serviceAccountSchema,
  }),
  describe: ({ account }) => `disable the Google Cloud service account ${account}, with every key and token of it`,
  prepare: (settings, { project, account }) =>
    gcpSwitch({
      api: iamOf(settings),
      name: `projects/${project}/serviceAccounts/${account}`,
      what: 'service account',
      permission: 'iam.serviceAccounts',
      stateOf: (text) => accountState(text, account),
    }),
});

const answerSchema = z.object({ email: z.string(), uniqueId: z.string(), disabled: z.boolean().default(false) });

function accountState(text: string, account: string): SwitchState | undefined {
  const answer = readJson(text, answerSchema);
  if (answer === undefined || ![answer.email, answer.uniqueId].includes(account)) return undefined;
  return answer.disabled ? 'DISABLED' : 'ENABLED';
}
