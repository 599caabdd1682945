import { randomUUID } from 'node:crypto';
import type { Revocation, Revoker } from '../../src/response/action.ts';
import type { FakeGcp } from '../servers/fake-gcp.ts';
import { secretOf } from './secret-of.ts';
import { policyOf } from './vault-responder.ts';

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
