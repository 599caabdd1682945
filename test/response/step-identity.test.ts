import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Credential, RevokeSpec } from '../../src/attribution/credential.ts';
import { Secret } from '../../src/config/secrets.ts';
import { approve, orderSteps } from '../../src/response/control.ts';
import { finalPlanFor, planFor } from '../../src/response/plan.ts';
import { respondTo } from '../../src/response/responder.ts';
import { plannedOf } from '../../src/response/step-identity.ts';
import { REVOKERS } from '../../src/revokers/registry.ts';
import { ROTATORS } from '../../src/rotation/registry.ts';
import { alertOf } from './alert-of.ts';
import { ladderOf, locksOf } from './ladder-of.ts';
import { credentialOf, NOW, responseOf, type TestResponse } from './response-of.ts';

const ID = 'cred-billing-pg';
/** Every account there may be: nothing of it is called. */
const SETTINGS = Object.fromEntries(REVOKERS.map(({ id, settingsOf = id }) => [settingsOf, {}]));

function placeOf(changes: Partial<Credential>): TestResponse {
  const response = responseOf({ mode: 'auto' }, [credentialOf(changes)], SETTINGS);
  onTestFinished(() => response.store.close());
  return response;
}

/** Whether what was ordered of one entry is what the registry says with another one. */
async function isFoundAgain(before: Partial<Credential>, after: Partial<Credential>): Promise<boolean> {
  const response = placeOf(before);
  const { cause } = await orderSteps(planFor([ID], response.plan), 'ann', response);
  const [row] = response.outbox.ofCause(cause);
  const plan = { ...response.plan, credentials: new Map([[ID, credentialOf(after)]]) };
  return row !== undefined && plannedOf(row, plan) !== undefined;
}

const rotating = (secret: string, more: object = {}): Partial<Credential> => ({
  revoke: { with: 'rotation' },
  rotate: { with: 'aws-access-key', user: 'agent', secret, ...more },
});
const PLACE = 'secret://aws-secrets-manager/agent';

const SAME: readonly (readonly [string, RevokeSpec | Partial<Credential>, RevokeSpec | Partial<Credential>])[] = [
  [
    'the order of keys',
    { with: 'vault-secret-id', role: 'r', accessor: 'a' },
    { with: 'vault-secret-id', accessor: 'a', role: 'r' },
  ],
  [
    'a default that is written out',
    { with: 'vault-secret-id', role: 'r' },
    { with: 'vault-secret-id', role: 'r', mount: 'approle' },
  ],
  ['one that is left out again', { with: 'command', command: 'c', parameters: {} }, { with: 'command', command: 'c' }],
  [
    'what a restore puts back',
    { with: 'postgres-valid-until', role: 'r' },
    { with: 'postgres-valid-until', role: 'r', restore_to: 'infinity' },
  ],
  [
    'who is asked for the proof',
    { with: 'webhook', url: 'https://a.example.com/r' },
    { with: 'webhook', url: 'https://a.example.com/r', verify_url: 'https://a.example.com/v' },
  ],
  [
    'the rotation of the entry, written out',
    rotating(PLACE),
    {
      ...rotating(PLACE),
      revoke: { with: 'rotation', rotate: { with: 'aws-access-key', user: 'agent', secret: PLACE } },
    },
  ],
  ['how long the old value goes on', rotating(PLACE), rotating(PLACE, { keep_old: '2h' })],
];

const OTHER: typeof SAME = [
  ['another role', { with: 'postgres', role: 'a' }, { with: 'postgres', role: 'b' }],
  ['another revoker', { with: 'postgres', role: 'a' }, { with: 'postgres-grants', role: 'a' }],
  [
    'another place of the auth method',
    { with: 'vault-secret-id', role: 'r' },
    { with: 'vault-secret-id', role: 'r', mount: 'other' },
  ],
  [
    'one secret id instead of all',
    { with: 'vault-secret-id', role: 'r' },
    { with: 'vault-secret-id', role: 'r', accessor: 'a' },
  ],
  [
    'another parameter',
    { with: 'command', command: 'c', parameters: { host: 'a' } },
    { with: 'command', command: 'c', parameters: { host: 'b' } },
  ],
  [
    'another path of the same receiver',
    { with: 'webhook', url: 'https://a.example.com/1' },
    { with: 'webhook', url: 'https://a.example.com/2' },
  ],
  [
    'another project',
    { with: 'gcp-secret-version', project: 'project-1', secret: 's', version: 1 },
    { with: 'gcp-secret-version', project: 'project-2', secret: 's', version: 1 },
  ],
  ['another place of the secret', rotating(PLACE), rotating(`${PLACE}-2`)],
];

const entryOf = (written: RevokeSpec | Partial<Credential>): Partial<Credential> =>
  'with' in written ? { revoke: written as RevokeSpec } : written;

test.each(SAME)('it is the same step in spite of %s', async (_what, before, after) => {
  expect(await isFoundAgain(entryOf(before), entryOf(after))).toBe(true);
});

test.each(OTHER)('it is another step: %s', async (_what, before, after) => {
  expect(await isFoundAgain(entryOf(before), entryOf(after))).toBe(false);
});

test('what was planned by another entry is not made, and says why', async () => {
  const locks = locksOf({ lock: true, other: true });
  const credential = credentialOf(ladderOf(locks, 'lock'));
  const response = responseOf({ mode: 'auto' }, [credential], locks.settings);
  onTestFinished(() => response.store.close());
  respondTo(alertOf(), response);
  const credentials = new Map([[ID, credentialOf(ladderOf(locks, 'other'))]]);
  const changed = { ...response, plan: { ...response.plan, credentials } };
  await response.worker({ context: changed }).drain();
  const note = 'its revoke: entry was changed after the decision; decide again';
  expect(response.outbox.ofCause('alert-1')).toMatchObject([{ state: 'failed', note }]);
  expect([locks.isSet('lock'), locks.isSet('other')]).toEqual([false, false]);
});

test('a step that is put before one that was made is asked for, in a row of its own', async () => {
  const locks = locksOf({ mild: true, lock: true });
  const response = responseOf({ mode: 'auto' }, [credentialOf(ladderOf(locks, 'lock'))], locks.settings);
  onTestFinished(() => response.store.close());
  respondTo(alertOf(), response);
  await response.worker().drain();
  const credentials = new Map([[ID, credentialOf(ladderOf(locks, 'mild', 'lock'))]]);
  const changed = { ...response, plan: { ...response.plan, credentials } };
  response.at(NOW + 60_000);
  respondTo(alertOf({ severity: 'critical' }), changed);
  approve('alert-1', 'ann', changed);
  await response.worker({ context: changed }).drain();
  expect([locks.calls('lock'), locks.calls('mild')]).toEqual([1, 1]);
  expect(response.outbox.ofCause('alert-1').map(({ state }) => state)).toEqual(['verified', 'verified']);
});

test('steps of one receiver at two addresses are two, and an id stays with its step', async () => {
  const [revoke, second] = ['1', '2'].map((path) => ({ with: 'webhook', url: `https://a.example.com/${path}` }));
  const response = placeOf({ revoke, escalation: second === undefined ? [] : [second] });
  const ordered: string[][] = [];
  for (let round = 0; round < 2; round++) {
    const { cause } = await orderSteps(finalPlanFor([ID], response.plan), 'ann', response);
    ordered.push(response.outbox.ofCause(cause).map(({ step }) => step));
  }
  expect(new Set(ordered[0]).size).toBe(2);
  expect(ordered[1]).toEqual(ordered[0]);
});

test('no key in an address and no secret of an entry is stored', async () => {
  const token = Secret.holding('canary-of-the-token', 'the canary of a drill');
  for (const revoke of [
    {
      with: 'webhook',
      url: 'https://a.example.com/r?key=canary-of-the-url',
      verify_url: 'https://a.example.com/canary-of-the-url',
    },
    {
      with: 'oauth',
      token,
      owner: { client_id: 'c', client_secret: Secret.holding('canary-of-the-client', 'its secret') },
    },
  ]) {
    const response = placeOf({ revoke });
    const { cause } = await orderSteps(planFor([ID], response.plan), 'ann', response);
    expect(response.outbox.ofCause(cause)).toMatchObject([{ spec: { with: revoke.with } }]);
    for (const file of ['wayward.db', 'wayward.db-wal'])
      expect(readFileSync(join(response.folder, file), 'latin1')).not.toContain('canary-of');
  }
});

test('every revoker and rotator of the version that knew steps by words has its words kept', () => {
  const none = { added: 'later' };
  expect(REVOKERS.flatMap(({ id, describedBefore }) => (describedBefore === undefined ? id : []))).toEqual([]);
  expect(ROTATORS.flatMap(({ id, describedBefore }) => (describedBefore(none) === undefined ? [] : id))).toEqual([]);
});
