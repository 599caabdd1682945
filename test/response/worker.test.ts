import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OutboxStep } from '../../src/response/outbox.ts';
import { respondTo } from '../../src/response/responder.ts';
import { deliver } from '../../src/webhook.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { freePort } from '../servers/free-port.ts';
import { type Receiver, startReceiver } from '../servers/receiver.ts';
import { alertOf } from './alert-of.ts';
import { credentialOf, NOW, responseOf, type TestResponse } from './response-of.ts';
import { saidOfRole } from './said-of.ts';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.stop());

const QUICK = { attempts: 3, first: 1, longest: 1 };
const toReceiver = (event: Parameters<typeof deliver>[1]) => deliver({ url: receiver.url, secret: 'key' }, event);
const withWebhook = (config: object = {}) => ({
  ...config,
  webhook: { url: receiver.url, secret: 'secret://env/WEBHOOK_KEY' },
});

/** Runs the worker until nothing is left, letting the clock go on. */
async function workThrough(response: TestResponse, options: Parameters<TestResponse['worker']>[0] = {}): Promise<void> {
  const worker = response.worker({ retry: QUICK, ...options });
  for (let tick = 0; tick < 10; tick++) {
    response.at(NOW + tick * 1000);
    await worker.drain();
  }
}

test('the webhook is told in dry-run too, marked so, once per severity reached', async () => {
  receiver.received.length = 0;
  const response = responseOf(withWebhook(), [credentialOf()], { postgres: { url: await secretOf('x') } });
  respondTo(alertOf(), response);
  respondTo(alertOf({ revision: 2 }), response);
  respondTo(alertOf({ revision: 3, severity: 'critical' }), response);
  respondTo(alertOf({ id: 'small', severity: 'medium' }), response);
  await workThrough(response, { deliver: toReceiver });

  const events = receiver.received.map(({ body }) => JSON.parse(body));
  expect(events.map(({ data }) => [data.alert.severity, data.dry_run])).toEqual([
    ['high', true],
    ['critical', true],
  ]);
  expect(events[0].data.response).toEqual([
    {
      credential: 'cred-billing-pg',
      would: saidOfRole('billing_agent_1'),
      decision: 'dry-run',
      because: 'mode is dry-run',
    },
  ]);
});

test('when something waits for a person the webhook says that it is no dry-run', async () => {
  receiver.received.length = 0;
  const response = responseOf(withWebhook({ mode: 'approve' }), [credentialOf()], {
    postgres: { url: await secretOf('x') },
  });
  respondTo(alertOf(), response);
  await workThrough(response, { deliver: toReceiver });
  expect(JSON.parse(receiver.received[0]?.body ?? '').data.dry_run).toBe(false);
});

test('an alert of medium severity is posted where a person must approve something, and only there', async () => {
  receiver.received.length = 0;
  const medium = alertOf({ severity: 'medium' });
  const rules = [{ severity: 'medium', mode: 'approve' }];
  const settings = { postgres: { url: await secretOf('x') } };
  const asking = responseOf(withWebhook({ mode: 'auto', rules }), [credentialOf()], settings);
  respondTo(medium, asking);
  await workThrough(asking, { deliver: toReceiver });
  expect(receiver.received).toHaveLength(1);

  const watching = responseOf(
    withWebhook({ mode: 'dry-run', rules: [{ ...rules[0], mode: 'dry-run' }] }),
    [credentialOf()],
    settings,
  );
  expect(respondTo(medium, watching)).toHaveLength(1);
  await workThrough(watching, { deliver: toReceiver });
  expect(receiver.received).toHaveLength(1);
});

test('a receiver that is down is tried again with the same id', async () => {
  receiver.received.length = 0;
  receiver.answer(503);
  const response = responseOf(withWebhook(), [credentialOf()]);
  respondTo(alertOf(), response);
  const worker = response.worker({ deliver: toReceiver, retry: QUICK });
  await worker.drain();
  receiver.answer(204);
  response.at(NOW + 1000);
  await worker.drain();
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(receiver.received).toHaveLength(2);
  expect(response.outbox.ofCause('alert-1')).toMatchObject([{ action: 'notify', state: 'called', attempts: 2 }]);
});

test('an issuer that is down is tried again, then shown as failed; the others are not held up', async () => {
  const port = await freePort();
  const down = credentialOf({ id: 'down' });
  const up = credentialOf({ id: 'up', revoke: { with: 'webhook', url: receiver.url } });
  receiver.answer(200);
  const response = responseOf({ mode: 'auto' }, [down, up], {
    postgres: { url: await secretOf(`postgresql://w:canary@127.0.0.1:${port}/x`) },
    webhook: { secret: await secretOf('key') },
  });
  const seen: OutboxStep[] = [];
  respondTo(alertOf({ credentials: ['down', 'up'] }), response);
  await workThrough(response, { onStep: (step) => seen.push(step) });

  const [first, second] = response.outbox.ofCause('alert-1');
  expect(first).toMatchObject({ credential: 'down', state: 'failed', attempts: 3 });
  expect(first?.note).toContain('ECONNREFUSED');
  expect(second).toMatchObject({ credential: 'up', state: 'called', attempts: 1 });
  expect(
    seen.some(({ credential, state, note }) => credential === 'down' && state !== 'failed' && note !== undefined),
  ).toBe(true);
  expect(JSON.stringify([seen, response.audit.ofCause('alert-1')])).not.toContain('canary');
});

test('what the registry says now is what counts: a changed entry is decided about again, a removed one fails', async () => {
  const settings = { webhook: { secret: await secretOf('key') } };
  const entry = (host: string) => credentialOf({ revoke: { with: 'webhook', url: `${host}/revoke` } });
  const before = responseOf({ mode: 'auto' }, [entry('https://issuer.example.com')], settings);
  respondTo(alertOf(), before);
  const changed = responseOf({ mode: 'auto' }, [entry(receiver.url)], settings, { folder: before.folder });
  receiver.received.length = 0;
  await changed.worker().drain();
  expect(receiver.received).toEqual([]);
  expect(changed.outbox.ofCause('alert-1')[0]?.note).toContain('changed after the decision');
});

test('two processes make each step once', async () => {
  receiver.received.length = 0;
  receiver.answer(200);
  const credentials = Array.from({ length: 20 }, (_, index) =>
    credentialOf({
      id: `c${index}`,
      agent: `a${index}`,
      peerGroup: `p${index}`,
      revoke: { with: 'webhook', url: receiver.url },
    }),
  );
  const settings = { webhook: { secret: await secretOf('key') } };
  const config = { mode: 'auto', limits: { credentials: 100 } };
  const one = responseOf(config, credentials, settings);
  const two = responseOf(config, credentials, settings, { folder: one.folder });
  for (const { id } of credentials) respondTo(alertOf({ id: `alert-${id}`, credentials: [id] }), one);
  await Promise.all([one.worker().drain(), two.worker().drain()]);
  expect(receiver.received).toHaveLength(20);
  expect(one.audit.verify()).toMatchObject({ entries: 40, unpublished: 0, problems: [] });
});

test('a receiver that hangs does not hold up revocations', async () => {
  const hanging = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => hanging.once('listening', resolve));
  const stuckUrl = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`;
  receiver.received.length = 0;
  receiver.answer(200);
  const credentials = Array.from({ length: 12 }, (_, index) =>
    credentialOf({ id: `c${index}`, peerGroup: `p${index}`, revoke: { with: 'webhook', url: receiver.url } }),
  );
  const response = responseOf(withWebhook({ mode: 'auto', limits: { credentials: 100 } }), credentials, {
    webhook: { secret: await secretOf('key') },
  });
  for (const { id } of credentials) respondTo(alertOf({ id: `alert-${id}`, credentials: [id] }), response);
  const done = Promise.withResolvers<void>();
  const revoked = new Set<string>();
  const worker = response.worker({
    deliver: (event) => deliver({ url: stuckUrl, secret: 'key' }, event),
    onStep({ action, doneAt, credential }) {
      if (action === 'revoke' && doneAt !== undefined) revoked.add(credential);
      if (revoked.size === credentials.length) done.resolve();
    },
  });
  worker.start();
  await done.promise;
  hanging.closeAllConnections();
  hanging.close();
  await worker.stop();
  expect(receiver.received).toHaveLength(12);
});
