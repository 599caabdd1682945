import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadCredentials } from '../../src/config/registry-file.ts';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { planFor } from '../../src/response/plan.ts';
import { REVOKERS } from '../../src/revokers/registry.ts';
import { problemsOf, temporaryFile } from '../config/temp.ts';
import { credentialOf } from '../response/response-of.ts';
import { policyOf } from './vault-responder.ts';

const entry = (revoke: string) => `credentials:
  - id: c
    agent: a
    kind: vault-approle
    revoke: ${revoke}`;

test.each([
  ['{ with: vault-lese, lease: a/b }', 'revoke.with is no known revoker; write with: vault-lease'],
  ['{ with: vault-lease }', 'revoke.lease is missing; write lease: followed by a text'],
  [
    '{ with: vault-lease, lease: /a/b }',
    'revoke.lease is no path in Vault; write it without a slash at either end, such as database/creds/billing-ro',
  ],
  [
    '{ with: vault-lease-prefix, prefix: database }',
    'revoke.prefix is a whole mount, and would end the leases of all its roles; write the path of one, such as database/creds/billing-ro',
  ],
  ['{ with: vault-secret-id, role: a/b }', 'revoke.role is no name in Vault; write it as Vault shows it'],
  ['{ with: vault-secret-id, rolle: a }', 'revoke.role is missing; write role: followed by a text'],
  [
    '{ with: vault-entity, entity: billing }',
    'revoke.entity has a form that is not understood; write entity: 7d2e3179-f69b-450c-7179-ac8ee8bd8ca9',
  ],
])('a registry entry that is none is refused with its line: %s', (revoke, problem) => {
  const file = temporaryFile('credentials.yaml', entry(revoke));
  expect(problemsOf(file, () => loadCredentials(file))[0]).toBe(`FILE:5: credentials[0].${problem}`);
});

const settingsText = (id: string) => `revokers:\n  ${id}: { url: http://127.0.0.1:1, token: secret://env/T }\n`;
const contextFor = (settings: Readonly<Record<string, unknown>>, revoke: { with: string }) => ({
  credentials: new Map([['c', credentialOf({ id: 'c', revoke })]]),
  revokers: new Map(REVOKERS.map((revoker) => [revoker.id, revoker])),
  settings,
});

test('revokers.vault serves every revoker of Vault, and the plan names it where it is missing', () => {
  const { revokers } = loadConfig(temporaryFile('wayward.yaml', settingsText('vault')));
  const revoke = { with: 'vault-secret-id', role: 'billing' };
  const [step] = planFor(['c'], contextFor(revokers, revoke));
  expect(step?.blocked).toBeUndefined();
  expect(step?.describe).toContain('billing at auth/approle');
  const [blocked] = planFor(['c'], contextFor({}, revoke));
  expect(blocked?.blocked).toBe('needs settings: add revokers.vault to the configuration');
});

test('settings under the name of one of them are refused', () => {
  const file = temporaryFile('wayward.yaml', settingsText('vault-entity'));
  expect(problemsOf(file, () => loadConfig(file))[0]).toMatch(/^FILE:2: revokers "vault-entity" is not a known key;/);
});

test('docs/issuers.md shows the policies that the tests work with', () => {
  const docs = readFileSync(new URL('../../docs/issuers.md', import.meta.url), 'utf8');
  const policies = REVOKERS.filter(({ id }) => id.startsWith('vault')).map((revoker) => policyOf(revoker));
  expect(policies).toHaveLength(6);
  for (const policy of policies) expect(docs).toContain(policy);
});
