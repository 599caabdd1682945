import { describe, expect, test } from 'vitest';
import { createAttributor } from '../../src/attribution/attribute.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { routeOfPrincipal } from '../../src/attribution/route.ts';
import { credential, identity, use } from './helpers.ts';

const DAY = 86_400_000;
const NOON = Date.UTC(2026, 8, 1, 12);

const billing = credential('billing', {
  agent: 'billing-1',
  slot: 'postgres',
  match: { db_user: ['billing_agent_1'] },
});
const orders = credential('orders', {
  agent: 'orders-1',
  match: { credential_id: ['orders-key'], client_id: ['orders'] },
});

describe('whose credential an event used', () => {
  const { attribute } = createAttributor(createRegistry([billing, orders]));

  test('the registered identity names agent and slot, with its method and confidence', () => {
    expect(attribute(use([identity('db_user', 'billing_agent_1')]))).toEqual({
      method: 'db_user',
      confidence: 0.9,
      principal: 'billing-1/postgres',
      credential: billing,
      ambiguous: undefined,
    });
  });

  test('the same object comes back every time, and nobody can change it', () => {
    const first = attribute(use([identity('credential_id', 'orders-key')]));
    expect(attribute(use([identity('credential_id', 'orders-key')]))).toBe(first);
    expect(Object.isFrozen(first)).toBe(true);
  });

  test('the strongest of several identities decides, whatever their order', () => {
    const both = [identity('client_id', 'orders'), identity('credential_id', 'orders-key')];
    expect(attribute(use(both)).method).toBe('credential_id');
    expect(attribute(use(both.toReversed())).method).toBe('credential_id');
  });

  test('an unknown stronger identity does not hide a known weaker one', () => {
    const found = attribute(use([identity('token_fingerprint', 'hmac-sha256:00'), identity('client_id', 'orders')]));
    expect(found).toMatchObject({ method: 'client_id', principal: 'orders-1/api-key' });
  });

  test('a rejected record counts against nobody, whomever it claims to be', () => {
    const forged = attribute(use([identity('credential_id', 'orders-key')], { result: 'rejected' }));
    expect(forged).toMatchObject({ method: 'claimed', confidence: 0, principal: undefined, credential: undefined });
  });

  test('a denied record is the agent’s own doing', () => {
    expect(attribute(use([identity('credential_id', 'orders-key')], { result: 'denied' })).credential).toBe(orders);
  });

  test('a record without identity belongs to nobody', () => {
    expect(attribute(use([]))).toMatchObject({ method: 'none', confidence: 0, principal: undefined });
  });

  test.each(['__proto__', 'constructor', 'toString', ''])('the identity "%s" is only a name', (name) => {
    expect(attribute(use([identity('credential_id', name)]))).toMatchObject({ method: 'unregistered' });
  });
});

describe('identities that contradict each other', () => {
  test('of different agents: the strongest one’s, unsure, with all that fit', () => {
    const { attribute } = createAttributor(createRegistry([billing, orders]));
    const found = attribute(use([identity('db_user', 'billing_agent_1'), identity('credential_id', 'orders-key')]));
    expect(found).toMatchObject({ principal: 'orders-1/api-key', confidence: 0.5, ambiguous: ['billing', 'orders'] });
  });

  test('one identity of two agents is unsure and reported when the registry is read', () => {
    const shared = { match: { credential_id: ['shared'] } };
    const registry = createRegistry([credential('b', shared), credential('a', shared)]);
    expect(createAttributor(registry).attribute(use([identity('credential_id', 'shared')]))).toMatchObject({
      principal: 'agent-a/api-key',
      confidence: 0.5,
      ambiguous: ['a', 'b'],
    });
    expect(registry.warnings).toEqual(['credential_id "shared" fits several credentials: a, b']);
  });

  test('two credentials of one agent and slot: the principal is nearly sure', () => {
    const rotated = { agent: 'x', match: { db_user: ['x'] } };
    const registry = createRegistry([credential('old', rotated), credential('new', rotated)]);
    const found = createAttributor(registry).attribute(use([identity('db_user', 'x')]));
    expect(found).toMatchObject({ principal: 'x/api-key', ambiguous: ['new', 'old'] });
    expect(found.confidence).toBeCloseTo(0.81);
  });

  test('a shared identity beside one that names one of its agents contradicts nothing', () => {
    const a = credential('a', { match: { db_user: ['shared'] } });
    const b = credential('b', { match: { db_user: ['shared'], token_fingerprint: ['f'] } });
    const { attribute } = createAttributor(createRegistry([a, b]));
    const found = attribute(use([identity('db_user', 'shared'), identity('token_fingerprint', 'f')]));
    expect(found).toMatchObject({ principal: 'agent-b/api-key', confidence: 1, ambiguous: undefined });
  });
});

describe('names that change every hour', () => {
  const vault = credential('vault-pg', { match: { db_user: ['v-*-agent-ro-*'] } });
  const role = credential('role', {
    match: { aws_principal_arn: ['arn:aws:sts::123456789012:assumed-role/billing/*'] },
  });
  const registry = createRegistry([vault, role, billing]);
  const { attribute } = createAttributor(registry);

  test.each([
    ['db_user', 'v-token-ag-agent-ro-AN0zWLi2snLX6K7UXMNx-1795437293', 'vault-pg'],
    ['db_user', 'v-approle-agent-ro-x-1', 'vault-pg'],
    ['db_user', 'billing_agent_1', 'billing'],
    ['aws_principal_arn', 'arn:aws:sts::123456789012:assumed-role/billing/session-7', 'role'],
  ] as const)('%s %s is %s', (key, value, id) => {
    expect(attribute(use([identity(key, value)])).credential?.id).toBe(id);
  });

  test.each(['v-token-agent-rw-x-1', 'xv-token-agent-ro-x', 'agent-ro', 'v-agent-ro-'])('%s is not', (value) => {
    expect(attribute(use([identity('db_user', value)])).method).toBe('unregistered');
  });

  test('all names of one glob share one attribution', () => {
    const first = attribute(use([identity('db_user', 'v-a-agent-ro-1')]));
    expect(attribute(use([identity('db_user', 'v-b-agent-ro-2')]))).toBe(first);
  });

  test('an exact match wins over a glob', () => {
    const own = credential('own', { match: { db_user: ['v-1-agent-ro-1'] } });
    const exact = createAttributor(createRegistry([vault, own]));
    expect(exact.attribute(use([identity('db_user', 'v-1-agent-ro-1')])).credential).toBe(own);
  });
});

describe('identities that nobody registered', () => {
  const limits = { maxUnregistered: 3, unregisteredIdle: 7 * DAY };
  const unknown = (name: string, time = NOON) => use([identity('credential_id', name)], { time });

  test('get a provisional principal of their own', () => {
    const { attribute } = createAttributor(createRegistry([]));
    expect(attribute(unknown('x'))).toMatchObject({
      method: 'unregistered',
      principal: 'unregistered/credential_id:x',
      confidence: 0.3,
      credential: undefined,
    });
    expect(attribute(unknown('x'))).toBe(attribute(unknown('x')));
  });

  test('long ones are cut and stay apart', () => {
    const { attribute } = createAttributor(createRegistry([]));
    const [one, other] = ['1', '2'].map((end) => attribute(unknown('x'.repeat(500) + end)).principal ?? '');
    expect(one).not.toBe(other);
    expect(one?.length).toBe('unregistered/credential_id:'.length + 128);
  });

  test('one that was idle for 7 days of event time makes room; one in use does not', () => {
    const attributor = createAttributor(createRegistry([]), limits);
    for (const name of ['a', 'b', 'c']) attributor.attribute(unknown(name));
    attributor.attribute(unknown('a', NOON + DAY));
    expect(attributor.attribute(unknown('d', NOON + 7 * DAY - 1)).method).toBe('overflow');
    expect(attributor.attribute(unknown('d', NOON + 7 * DAY)).method).toBe('unregistered');
    expect(attributor.stats()).toEqual({ unregistered: 2, overflow: 1, evicted: 2 });
    expect(attributor.save().entries.map(([name]) => name)).toEqual([
      'unregistered/credential_id:a',
      'unregistered/credential_id:d',
    ]);
  });

  test('a restart in the middle changes nothing', () => {
    const straight = createAttributor(createRegistry([]), limits);
    const before = createAttributor(createRegistry([]), limits);
    const after = createAttributor(createRegistry([]), limits);
    const names = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => unknown(`n${(from + index) % 7}`, NOON + (from + index) * DAY));
    const expected = names(0, 40).map((event) => straight.attribute(event).method);
    const first = names(0, 17).map((event) => before.attribute(event).method);
    after.load(JSON.parse(JSON.stringify(before.save())));
    const second = names(17, 40).map((event) => after.attribute(event).method);
    expect([...first, ...second]).toEqual(expected);
    expect(after.save()).toEqual(straight.save());
  });

  test('a rejected identity takes no room', () => {
    const attributor = createAttributor(createRegistry([]), limits);
    for (let index = 0; index < 10; index++) {
      attributor.attribute(use([identity('credential_id', `guess-${index}`)], { result: 'rejected' }));
    }
    expect(attributor.stats()).toEqual({ unregistered: 0, overflow: 0, evicted: 0 });
  });
});

test('what was found about a log goes where its alerts are made; all that nobody registered is together', () => {
  expect(routeOfPrincipal('source/nginx.access')).toBe('source/nginx.access');
  expect(routeOfPrincipal('unregistered/credential_id')).toBe(routeOfPrincipal('unregistered/db_user'));
});
