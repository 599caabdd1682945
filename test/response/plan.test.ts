import { expect, test } from 'vitest';
import { heldBy, planFor } from '../../src/response/plan.ts';
import { credentialOf, responseOf } from './response-of.ts';

const vault = { with: 'vault', accessor: 'acc' };

test('what others were issued from comes first, then what can be undone, then by id', () => {
  const { plan } = responseOf({}, [
    credentialOf({ id: 'grandchild', parent: 'child' }),
    credentialOf({ id: 'b-final', revoke: vault }),
    credentialOf({ id: 'c-reversible' }),
    credentialOf({ id: 'child', parent: 'root' }),
    credentialOf({ id: 'root', revoke: vault }),
    credentialOf({ id: 'a-final', revoke: vault }),
    credentialOf({ id: 'of-another', agent: 'other' }),
  ]);
  expect(planFor(heldBy('billing-agent-1', plan), plan).map(({ credential }) => credential.id)).toEqual([
    'c-reversible',
    'a-final',
    'b-final',
    'root',
    'child',
    'grandchild',
  ]);
});

test('sessions come last, whatever they were issued from, and what was issued from a session after it', () => {
  const { plan } = responseOf({}, [
    credentialOf({ id: 'a-token', kind: 'vault-token', revoke: vault }),
    credentialOf({ id: 'b-of-token', parent: 'a-token' }),
    credentialOf({ id: 'c-oauth', kind: 'oauth-token', revoke: vault }),
    credentialOf({ id: 'x-root' }),
    credentialOf({ id: 'y-child', parent: 'x-root' }),
  ]);
  expect(planFor(heldBy('billing-agent-1', plan), plan).map(({ credential }) => credential.id)).toEqual([
    'x-root',
    'y-child',
    'a-token',
    'c-oauth',
    'b-of-token',
  ]);
});

test('the order does not depend on the order of the registry, and a circle of parents ends', () => {
  const circle = [credentialOf({ id: 'a', parent: 'b' }), credentialOf({ id: 'b', parent: 'a' })];
  const ids = (credentials: typeof circle) =>
    planFor(['b', 'a', 'a'], responseOf({}, credentials).plan).map(({ credential }) => credential.id);
  expect(ids(circle)).toEqual(['a', 'b']);
  expect(ids(circle.toReversed())).toEqual(['a', 'b']);
});

test('an agent that holds nothing has an empty plan', () => {
  const { plan } = responseOf({}, [credentialOf()]);
  expect(planFor(heldBy('nobody', plan), plan)).toEqual([]);
});
