import { bareCredential, type Credential } from '../../src/attribution/credential.ts';
import { type CredentialUse, type Identity, type IdentityKey, NOTHING_ELSE, type Result } from '../../src/event.ts';
import { PROOF } from '../../src/proof.ts';

export const credential = (id: string, fields: Partial<Credential> = {}): Credential =>
  bareCredential({
    id,
    agent: `agent-${id}`,
    peerGroup: 'agents',
    kind: 'api-key',
    match: { credential_id: [id] },
    ...fields,
  });

export const identity = (key: IdentityKey, value: string): Identity => ({ key, value });

export const use = (
  identities: readonly Identity[],
  fields: { readonly result?: Result; readonly time?: number } = {},
): CredentialUse => ({
  ...NOTHING_ELSE,
  time: fields.time ?? Date.UTC(2026, 8, 1),
  format: 'nginx-json',
  dataset: 'nginx.access',
  action: 'GET /v1/orders/{id}',
  result: fields.result ?? 'success',
  proof: fields.result === 'rejected' ? PROOF.failed : PROOF.keyMap,
  identities,
});
