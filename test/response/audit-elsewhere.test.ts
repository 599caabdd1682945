import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { CallError } from '../../src/errors.ts';
import { Health } from '../../src/ops/health.ts';
import { createResponse } from '../../src/pipeline/response.ts';
import { tellOfResponse } from '../../src/pipeline/telemetry.ts';
import type { ResponseContext } from '../../src/response/context.ts';
import { halt, resume } from '../../src/response/control.ts';
import { respondTo } from '../../src/response/responder.ts';
import { Store } from '../../src/sinks/store.ts';
import { deliver } from '../../src/webhook.ts';
import { temporaryFile } from '../config/temp.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { type Receiver, startReceiver } from '../servers/receiver.ts';
import { alertOf } from './alert-of.ts';
import { credentialOf, responseOf } from './response-of.ts';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer(200);
});
afterAll(() => receiver.stop());

const withWebhook = async (mode = 'dry-run') =>
  responseOf(
    { mode, webhook: { url: receiver.url, secret: 'secret://env/WEBHOOK_KEY' } },
    [credentialOf({ revoke: { with: 'webhook', url: `${receiver.url}/revoke` } })],
    { webhook: { secret: await secretOf('key') } },
  );
const send = (event: Parameters<typeof deliver>[1]) => deliver({ url: receiver.url, secret: 'key' }, event);
const dataOf = (body: string): { audit?: object } => JSON.parse(body).data;

function healthOf(response: ResponseContext) {
  const health = new Health();
  tellOfResponse(
    { read: () => () => {}, observe() {}, component: (name, condition) => health.component(name, condition) },
    response,
  );
  return health.report().components['audit trail'];
}

/** Response as wayward.yaml says, with one entry in the record. */
function placeWith(headFile: (folder: string) => string | undefined) {
  const file = temporaryFile('wayward.yaml', '');
  const state = join(file, '..', 'state');
  mkdirSync(state);
  const audit_head = headFile(state);
  const config = { ...loadConfig(file), state };
  const store = new Store(state);
  const response = createResponse(
    { ...config, response: { ...config.response, audit_head } },
    { credentials: [] },
    store,
  );
  halt('ann', response);
  response.audit.publishHead();
  return response;
}

test('an empty record has nothing to keep', () => {
  const { audit } = responseOf({}, []);
  expect(audit.unkept).toBeUndefined();
  expect(audit.head).toBeUndefined();
});

test('a head file in the state folder is not outside the store, and health says so', () => {
  const response = placeWith(() => undefined);
  expect(response.audit.unkept).toBe(1);
  expect(healthOf(response)).toEqual({
    state: 'degraded',
    reason: expect.stringMatching(/\(1\) is kept nowhere outside the store: set response\.audit_head/),
  });
});

test.each([
  ['a folder below the state folder', (state: string) => join(state, 'heads'), 1],
  ['a link back into the state folder', (state: string) => linkTo(state, join(state, '..', 'elsewhere'), 'head'), 1],
  ['a folder beside it', (state: string) => join(state, '..', 'head'), undefined],
  ['a folder whose name begins like it', (state: string) => `${state}-head`, undefined],
])('a head file in %s', (_where, headFile, unkept) => {
  const response = placeWith(headFile);
  expect(response.audit.unkept).toBe(unkept);
  expect(healthOf(response)?.state).toBe(unkept === undefined ? 'ok' : 'degraded');
});

function linkTo(target: string, link: string, name: string): string {
  symlinkSync(target, link);
  return join(link, name);
}

test('an entry that the head file outside has not got yet is not kept', () => {
  const response = placeWith((state) => join(state, '..', 'head'));
  resume('bob', response);
  expect(response.audit.unkept).toBe(2);
  response.audit.publishHead();
  expect(response.audit.unkept).toBeUndefined();
});

test('every call to the webhook carries the newest hash, and what the receiver took is kept', async () => {
  const response = await withWebhook();
  respondTo(alertOf(), response);
  expect(response.audit.unkept).toBe(1);
  await response.worker({ deliver: send }).drain();
  expect(receiver.received.map(({ body }) => dataOf(body).audit)).toEqual([response.audit.newest]);
  expect(healthOf(response)).toEqual({ state: 'ok' });
  halt('ann', response);
  expect(response.audit.unkept).toBe(2);
});

test('a call that orders a revocation carries it, too', async () => {
  const response = await withWebhook('auto');
  respondTo(alertOf(), response);
  const decided = response.audit.newest;
  await response.worker({ deliver: send }).drain();
  const order = receiver.received.find(({ body }) => JSON.parse(body).type === 'wayward.revoke');
  expect(dataOf(order?.body ?? '').audit).toEqual(decided);
});

test('what no receiver took is not kept', async () => {
  const response = await withWebhook();
  respondTo(alertOf(), response);
  const refuse = () => Promise.reject(new CallError('webhook receiver answered 500', false));
  await response.worker({ deliver: refuse }).drain();
  expect(response.audit.unkept).toBeDefined();
});

test('a chain that was rewritten as a whole, head file too, is not the one that a receiver has', async () => {
  const response = await withWebhook();
  respondTo(alertOf(), response);
  await response.worker({ deliver: send }).drain();
  expect(response.audit.verify().problems).toEqual([]);
  response.store.run('DELETE FROM audit');
  halt('mallory', response);
  expect(response.audit.verify().problems).toContain(
    'entry 1 is not the one whose hash was given to a webhook or Elasticsearch',
  );
});
