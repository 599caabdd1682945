import { afterEach, expect, test } from 'vitest';
import type { Credential, RevokeSpec } from '../../src/attribution/credential.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { DeedsOfStore, deedsSince } from '../../src/pipeline/deeds.ts';
import { Outbox, type OutboxStep } from '../../src/response/outbox.ts';
import { Store } from '../../src/sinks/store.ts';
import { credentialOf, NOW, responseOf, type TestResponse } from '../response/response-of.ts';

const ID = 'cred-billing-pg';
const stores: Store[] = [];
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

function responseWith(changes: Partial<Credential> = {}): TestResponse {
  const response = responseOf({}, [credentialOf(changes)]);
  stores.push(response.store);
  return response;
}

type Action = 'revoke' | 'restore' | 'rotate';

/** A row as a plan of the registry of then gives it. */
function added(outbox: Outbox, action: Action, { spec = LOCK, kind = 'revoke' }: Partial<OutboxStep> = {}): string {
  const about = { credential: ID, agent: 'billing-agent-1', peerGroup: 'billing-agent', position: 0 };
  const what = { origin: 'order', kind, step: 'step', spec, detail: 'as people read of it' } as const;
  outbox.add({ key: action, cause: 'order-1', action, ...about, ...what, ...WHEN }, NOW);
  return action;
}

const LOCK = { with: 'postgres', role: 'billing_agent_1' };
const WHEN = { eventAt: undefined, expiresAt: undefined, decidedBy: 'alice' };

test.each([
  ['verified', [{ credential: ID, did: 'revoked', at: NOW + 2 }]],
  ['called', []],
  ['failed', []],
  ['expired', []],
] as const)('a revocation that ended %s', (end, deeds) => {
  const response = responseWith();
  const key = added(response.outbox, 'revoke');
  response.outbox.calling(key, NOW + 1);
  expect(deedsSince(0, response)).toEqual([]);
  response.outbox.finish(key, end, 'so it is', NOW + 2);
  expect(deedsSince(0, response)).toEqual(deeds);
});

test('a restore counts from its call, proven or not; one that was never called does not', () => {
  const response = responseWith();
  const key = added(response.outbox, 'restore');
  expect(deedsSince(0, response)).toEqual([]);
  response.outbox.calling(key, NOW + 1);
  const restored = [{ credential: ID, did: 'restored', at: NOW + 1 }];
  expect(deedsSince(0, response)).toEqual(restored);
  response.outbox.finish(key, 'verified', 'so it is', NOW + 900);
  expect(deedsSince(0, response)).toEqual(restored);
});

test('a rotation, by schedule or in response, is one and no revocation', () => {
  const response = responseWith();
  for (const [place, action] of (['rotate', 'revoke'] as const).entries()) {
    const key = added(response.outbox, action, { kind: 'rotate' });
    response.outbox.finish(key, 'verified', 'so it is', NOW + place);
  }
  const at = deedsSince(0, response).map((deed) => [deed.did, deed.at]);
  expect(at.sort()).toEqual([
    ['rotated', NOW],
    ['rotated', NOW + 1],
  ]);
});

/** Holders go on by design: with less rights, with a new one, or with what was made from it. */
const GO_ON: readonly RevokeSpec[] = [
  { with: 'postgres-grants', role: 'billing_agent_1' },
  { with: 'vault', accessor: 'abc' },
  { with: 'vault-lease-prefix', prefix: 'database/creds/billing' },
  { with: 'command', command: 'block-egress' },
];

test.each(GO_ON)('a revocation that locks nobody out counts as none: %o', (spec) => {
  const response = responseWith({ revoke: spec });
  response.outbox.finish(added(response.outbox, 'revoke', { spec }), 'verified', 'dead', NOW);
  expect(response.outbox.madeSince(0)).toHaveLength(1);
  expect(deedsSince(0, response)).toEqual([]);
});

test('what another process writes to the same store is known at the next look', () => {
  const response = responseWith();
  const registry = createRegistry([credentialOf()]);
  const deeds = new DeedsOfStore(registry, response);
  deeds.look();
  const beside = new Store(response.folder);
  stores.push(beside);
  const outbox = new Outbox(beside);
  outbox.finish(added(outbox, 'revoke'), 'verified', 'so it is', NOW);
  expect(registry.byId(ID)?.revokedAt).toBeUndefined();
  deeds.look();
  expect(registry.byId(ID)?.revokedAt).toBe(NOW);

  response.at(NOW + 3_600_000);
  outbox.calling(added(outbox, 'restore'), NOW + 3_600_000);
  deeds.look();
  expect(registry.byId(ID)?.restoredAt).toBe(NOW + 3_600_000);
});
