import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { planFor } from '../../src/response/plan.ts';
import { problemsOf, temporaryFile } from '../config/temp.ts';
import { credentialOf } from '../response/response-of.ts';
import { fieldsOf, GCP_REVOKERS, permissionsOf, pick } from './gcp-responder.ts';

const KEY = '4'.repeat(40);
const SPEC = {
  project: 'billing-prod',
  account: 'agent@billing-prod.iam.gserviceaccount.com',
  key: KEY,
  secret: 'agent-key',
  version: 3,
};

test.each(GCP_REVOKERS)('a revoke entry that is none is refused: $id', ({ id, specSchema }) => {
  const spec = pick(SPEC, ['project', ...fieldsOf(id)]);
  const isTaken = (change: object) => specSchema.safeParse({ with: id, ...spec, ...change }).success;
  expect(isTaken({})).toBe(true);
  expect(isTaken({ project: 'example.com:billing' })).toBe(true);
  expect(isTaken({ more: 1 })).toBe(false);
  const wrong: readonly (readonly [string, readonly unknown[]])[] = [
    ['project', ['', '-', 'a/b', 'Billing', '../x', 'p?x=1', 'p%2f', undefined]],
    ['account', ['', '-', 'a@b/c', 'agent', 'a@b:disable', '../x@y', 'a@b?x', 'a b@c', undefined]],
    ['key', ['', 'abc', KEY.slice(1), `${KEY}0`, 'G'.repeat(40), undefined]],
    ['secret', ['', 'a/b', 'a:destroy', '..', undefined]],
    ['version', [0, -1, 1.5, 'latest', '1', undefined]],
  ];
  for (const [field, values] of wrong.filter(([name]) => name in spec)) {
    for (const value of values) expect(isTaken({ [field]: value }), `${field} ${value}`).toBe(false);
  }
});

describe('revokers.gcp', () => {
  const problems = (settings: string) => {
    const file = temporaryFile('wayward.yaml', `revokers:\n  ${settings}\n`);
    return problemsOf(file, () => loadConfig(file));
  };

  test('serves every revoker of Google Cloud, and the plan names it where it is missing', () => {
    const { revokers } = loadConfig(temporaryFile('wayward.yaml', 'revokers: { gcp: {} }'));
    for (const revoker of GCP_REVOKERS) {
      const revoke = { with: revoker.id, ...pick(SPEC, ['project', ...fieldsOf(revoker.id)]) };
      const context = {
        credentials: new Map([['c', credentialOf({ id: 'c', revoke })]]),
        revokers: new Map([[revoker.id, revoker]]),
      };
      expect(planFor(['c'], { ...context, settings: revokers })[0]?.blocked).toBeUndefined();
      expect(planFor(['c'], { ...context, settings: {} })[0]?.blocked).toBe(
        'needs settings: add revokers.gcp to the configuration',
      );
    }
  });

  test.each([
    ['gcp-service-account: {}', 'FILE:2: revokers "gcp-service-account" is not a known key'],
    ['gcp: { key: canary }', 'FILE:2: revokers.gcp.key must not hold the secret itself'],
    [
      'gcp: { key: secret://file/k, access_token: secret://file/t }',
      'FILE:2: revokers.gcp has both a key and an access_token; write one of them',
    ],
    ['gcp: { iam_url: iam.example.com }', 'FILE:2: revokers.gcp.iam_url has a form that is not understood'],
  ])('%s is refused, unseen', (settings, problem) => {
    const [first] = problems(settings);
    expect(first).toContain(problem);
    expect(first).not.toContain('canary');
  });
});

test('docs/issuers.md shows the permissions that the tests work with, each once and with whom it is for', () => {
  const docs = readFileSync(new URL('../../docs/issuers.md', import.meta.url), 'utf8');
  const shown = [...docs.matchAll(/^- ((?:iam|secretmanager)\.[\w.]+) +# (.+)$/gm)].map(([, permission, ids]) => [
    permission,
    ids?.split(', '),
  ]);
  const all = [...new Set(GCP_REVOKERS.flatMap(permissionsOf))];
  const needed = all.map((permission) => [
    permission,
    GCP_REVOKERS.filter((revoker) => permissionsOf(revoker).includes(permission)).map(({ id }) => id),
  ]);
  expect(shown).toHaveLength(10);
  expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(needed));
});
