import { z } from 'zod';
import { readJson } from '../http.ts';
import { gcpSettings, projectSchema, secretManagerOf } from './gcp-settings.ts';
import { gcpSwitch, type SwitchState } from './gcp-switch.ts';
import { defineRevoker } from './revoker.ts';

/**
 * Disables one version of a secret: nobody can read it any more, until it is enabled again.
 * https://docs.cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/disable
 *
 *     - secretmanager.versions.get
 *     - secretmanager.versions.disable
 *     - secretmanager.versions.enable
 */
export const gcpSecretVersion = defineRevoker({
  id: 'gcp-secret-version',
  settingsOf: 'gcp',
  title: 'Google Cloud Secret Manager version, disabled',
  reversible: true,
  undo: 'gcloud secrets versions enable VERSION --secret=SECRET',
  cannotStop:
    'whoever read the secret before: it goes on working where it is used, so revoke it there, too; other versions; and reads in the minutes until Google knows it everywhere',
  locksOut: false,
  needs: 'a role with secretmanager.versions.get, .disable and .enable on the secret',
  testedAgainst: 'fake: docs.cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions',
  settingsSchema: gcpSettings,
  specSchema: z.strictObject({
    with: z.literal('gcp-secret-version'),
    project: projectSchema,
    secret: z.string().regex(/^[\w-]{1,255}$/, 'is no name of a secret; write it without projects/…/secrets/'),
    /** A number: `latest` would be another one tomorrow. */
    version: z.int().min(1),
  }),
  describe: ({ project, secret, version }) =>
    `disable version ${version} of the Google Cloud secret ${secret} in ${project}`,
  prepare: (settings, { project, secret, version }) =>
    gcpSwitch({
      api: secretManagerOf(settings),
      name: `projects/${project}/secrets/${secret}/versions/${version}`,
      what: 'version of the secret',
      permission: 'secretmanager.versions',
      stateOf: (text) => versionState(text, `/secrets/${secret}/versions/${version}`),
    }),
});

const answerSchema = z.object({ name: z.string(), state: z.enum(['ENABLED', 'DISABLED', 'DESTROYED']) });

/** Its name begins with the number of the project, whatever was asked for. */
function versionState(text: string, nameEnd: string): SwitchState | undefined {
  const answer = readJson(text, answerSchema);
  return answer?.name.endsWith(nameEnd) === true ? answer.state : undefined;
}
