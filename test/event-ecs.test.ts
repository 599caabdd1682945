import { describe, expect, test } from 'vitest';
import { createAttributor } from '../src/attribution/attribute.ts';
import { createRegistry } from '../src/attribution/registry.ts';
import { type CredentialUse, NOTHING_ELSE } from '../src/event.ts';
import { toEcs } from '../src/event-ecs.ts';
import { PROOF } from '../src/proof.ts';
import { credential } from './attribution/helpers.ts';

const { attribute } = createAttributor(
  createRegistry([
    credential('cred-orders', { agent: 'orders-1', slot: 'orders', match: { credential_id: ['key-7'] } }),
  ]),
);

const http: CredentialUse = {
  ...NOTHING_ELSE,
  time: Date.UTC(2026, 8, 1, 12, 0, 0, 5),
  format: 'nginx-json',
  dataset: 'nginx.access',
  action: 'GET /v1/orders/{id}',
  result: 'success',
  proof: PROOF.keyMap,
  identities: [{ key: 'credential_id', value: 'key-7' }],
  sourceIp: '10.4.0.9',
  client: 'agent/1.0',
  bytes: 512,
  status: 200,
  method: 'GET',
  path: '/v1/orders/8812',
  service: 'orders',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  session: 'run-42',
};

/** As a script reads it. */
const document = (use: CredentialUse, withRegistry = true) =>
  JSON.parse(JSON.stringify(toEcs(use, 'an-id', withRegistry ? attribute(use) : undefined)));

describe('an event as ECS', () => {
  test('is nested, complete and of the contract’s names', () => {
    expect(document(http)).toEqual({
      '@timestamp': '2026-09-01T12:00:00.005Z',
      ecs: { version: '9.0.0' },
      event: {
        kind: 'event',
        category: ['api'],
        type: ['access'],
        id: 'an-id',
        action: 'GET /v1/orders/{id}',
        outcome: 'success',
        dataset: 'nginx.access',
        module: 'nginx',
      },
      source: { ip: '10.4.0.9' },
      user_agent: { original: 'agent/1.0' },
      http: { request: { method: 'GET' }, response: { status_code: 200, body: { bytes: 512 } } },
      url: { path: '/v1/orders/8812' },
      service: { name: 'orders' },
      trace: { id: '4bf92f3577b34da6a3ce929d0e0e4736' },
      gen_ai: { agent: { id: 'orders-1', name: 'orders-1' } },
      wayward: {
        result: 'success',
        proof: { state: 'verified', by: 'key-map' },
        format: 'nginx-json',
        uses: 1,
        principal: 'orders-1/orders',
        credential: { id: 'cred-orders', kind: 'api-key' },
        attribution: { method: 'credential_id', confidence: 0.95 },
        identities: [{ key: 'credential_id', value: 'key-7' }],
        session: 'run-42',
        bytes: 512,
      },
    });
  });

  test('leaves out what the log does not know', () => {
    const bare = { ...http, ...NOTHING_ELSE, identities: [] };
    expect(Object.keys(document(bare, false))).toEqual(['@timestamp', 'ecs', 'event', 'wayward']);
    expect(document(bare, false).wayward).toEqual({
      result: 'success',
      proof: { state: 'verified', by: 'key-map' },
      format: 'nginx-json',
      uses: 1,
    });
  });

  test('of what proves nothing names no agent, and keeps what was claimed', () => {
    const { gen_ai, wayward } = document({ ...http, proof: PROOF.request });
    expect(gen_ai).toBeUndefined();
    expect(wayward).toMatchObject({
      proof: { state: 'unproven', by: 'request' },
      attribution: { method: 'claimed', confidence: 0 },
      identities: [{ key: 'credential_id', value: 'key-7' }],
    });
    expect(wayward.credential).toBeUndefined();
    expect(wayward.principal).toBeUndefined();
  });

  test('of what is only declared names the agent, less surely', () => {
    const { gen_ai, wayward } = document({ ...http, proof: PROOF.undeclared });
    expect(gen_ai.agent.id).toBe('orders-1');
    expect(wayward.attribution).toEqual({ method: 'credential_id', confidence: 0.7 });
  });

  test('of a rejected record names no agent, whatever it claims', () => {
    const { event, gen_ai, wayward } = document({ ...http, result: 'rejected', proof: PROOF.failed, status: 401 });
    expect(event).toMatchObject({ category: ['authentication'], type: ['start'], outcome: 'failure' });
    expect(gen_ai).toBeUndefined();
    expect(wayward).toMatchObject({ result: 'rejected', attribution: { method: 'claimed', confidence: 0 } });
    expect(wayward.principal).toBeUndefined();
  });

  test.each([
    ['nginx.access', 'denied', ['api'], ['access', 'denied']],
    ['postgresql.audit', 'error', ['database'], ['access']],
    ['vault.audit', 'denied', ['iam'], ['info']],
  ] as const)('of %s, %s, has a category and types that ECS expects together', (dataset, result, category, type) => {
    expect(document({ ...http, dataset, result }).event).toMatchObject({ category, type, outcome: 'failure' });
  });

  test.each([
    ['::1', { ip: '::1' }],
    ['::ffff:10.4.0.9', { ip: '::ffff:10.4.0.9' }],
    ['db-client.internal', { address: 'db-client.internal' }],
    ['unix:', { address: 'unix:' }],
  ])('source %s is %j', (sourceIp, expected) => {
    expect(document({ ...http, sourceIp }).source).toEqual(expected);
  });

  test('of a database keeps statement and rows under wayward.db', () => {
    const use = { ...http, ...NOTHING_ELSE, dataset: 'postgresql.audit', statement: 'SELECT ?', rows: 3 };
    expect(document(use).wayward.db).toEqual({ statement: 'SELECT ?', rows: 3 });
    expect(document(use).http).toBeUndefined();
  });
});
