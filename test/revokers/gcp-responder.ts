import { randomUUID } from 'node:crypto';
import type { Revocation, Revoker } from '../../src/response/action.ts';
import { gcpSecretVersion } from '../../src/revokers/gcp-secret-version.ts';
import { gcpServiceAccount } from '../../src/revokers/gcp-service-account.ts';
import { gcpServiceAccountKey } from '../../src/revokers/gcp-service-account-key.ts';
import { gcpServiceAccountKeyDelete } from '../../src/revokers/gcp-service-account-key-delete.ts';
import type { FakeGcp } from '../servers/fake-gcp.ts';
import { secretOf } from './secret-of.ts';
import { policyOf } from './vault-responder.ts';

export const GCP_REVOKERS = [gcpServiceAccountKey, gcpServiceAccountKeyDelete, gcpServiceAccount, gcpSecretVersion];

/** The permissions that stand above the revoker in its file. */
export const permissionsOf = (revoker: Revoker): string[] =>
  policyOf(revoker)
    .split('\n')
    .map((line) => line.replace('- ', ''));

/** `revokers.gcp` as it is after the configuration was read and its secrets fetched. */
export async function settingsOf(fake: FakeGcp, keyFile: string | undefined): Promise<object> {
  const { iamUrl, secretManagerUrl, metadataUrl } = fake;
  const urls = { iam_url: iamUrl, secret_manager_url: secretManagerUrl, metadata_url: metadataUrl };
  return { ...urls, ...(keyFile === undefined ? {} : { key: await secretOf(keyFile) }) };
}

/** One step by an account of Wayward's own that has no more than the revoker needs, or the permissions given. */
export async function stepOf(
  fake: FakeGcp,
  revoker: Revoker,
  spec: object,
  permissions: readonly string[] = permissionsOf(revoker),
): Promise<Revocation> {
  const { file } = fake.newAccount(`wayward-${randomUUID()}`, permissions).newKey();
  return revoker.prepare(await settingsOf(fake, file), { with: revoker.id, project: 'billing-prod', ...spec });
}

/** What a revoke entry holds beside `with` and `project`. */
export const fieldsOf = (id: string): readonly string[] =>
  ({
    'gcp-service-account-key': ['account', 'key'],
    'gcp-service-account-key-delete': ['account', 'key'],
    'gcp-service-account': ['account'],
    'gcp-secret-version': ['secret', 'version'],
  })[id] ?? [];

export const pick = (from: object, fields: readonly string[]): object =>
  Object.fromEntries(Object.entries(from).filter(([field]) => fields.includes(field)));
