import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { webhook } from '../../src/revokers/webhook.ts';
import { type Receiver, startReceiver } from '../servers/receiver.ts';
import { secretOf } from './secret-of.ts';

const CONTEXT = { key: 'step-1', credential: 'cred-a', agent: 'agent-a' };
const KEY = 'canary-signing-key';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer(204);
});
afterAll(() => receiver.stop());

const revocation = async (spec: object = {}, secret = KEY) =>
  webhook.prepare({ secret: await secretOf(secret) }, { with: 'webhook', url: `${receiver.url}/revoke`, ...spec });

test('the receiver gets a CloudEvent that it can verify, with the same id on every attempt', async () => {
  const step = await revocation();
  await step.revoke(CONTEXT);
  await step.revoke(CONTEXT);
  const [first, second] = receiver.received;
  expect(JSON.parse(first?.body ?? '')).toMatchObject({
    specversion: '1.0',
    id: 'wayward.revoke-step-1',
    type: 'wayward.revoke',
    subject: 'cred-a',
    data: { credential: 'cred-a', agent: 'agent-a' },
  });
  expect(first?.headers['content-type']).toContain('application/cloudevents+json');
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = first?.headers ?? {};
  const expected = createHmac('sha256', KEY).update(`${id}.${timestamp}.${first?.body}`).digest('base64');
  expect(signature).toBe(`v1,${expected}`);
  expect(Math.abs(Number(timestamp) * 1000 - Date.now())).toBeLessThan(60_000);
});

test('each call carries the newest entry of the record', async () => {
  const audit = { seq: 7, hash: 'a'.repeat(64) };
  const context = { ...CONTEXT, auditHead: () => audit };
  const step = await revocation({ verify_url: `${receiver.url}/verify` });
  await step.revoke(context);
  await step.verify(context);
  for (const { body } of receiver.received) expect(JSON.parse(body)).toMatchObject({ data: { audit } });
  expect(receiver.received).toHaveLength(2);
});

test.each([
  ['http://issuer.example.com/revoke', {}, ['url', 'verify_url']],
  ['http://localhost.example.com/revoke', {}, ['url', 'verify_url']],
  ['https://issuer.example.com/revoke', { verify_url: 'http://10.0.0.7/verify' }, ['verify_url']],
  ['http://issuer.example.com/revoke', { allow_http: true }, []],
  ['http://127.0.0.1:8080/revoke', {}, []],
  ['http://[::1]/revoke', {}, []],
  ['https://issuer.example.com/revoke', {}, []],
])('%s with %j: others on the way must not read it', (url, more, wrong) => {
  const { error } = webhook.specSchema.safeParse({ with: 'webhook', url, ...more });
  const [first, ...rest] = [...new Set((error?.issues ?? []).map(({ path }) => path.join('.')))];
  expect([first, ...rest].filter((path) => path !== undefined)).toEqual(wrong);
});

test('a whsec_ key is taken as the bytes that its base64 stands for', async () => {
  await (await revocation({}, `whsec_${Buffer.from('0123456789').toString('base64')}`)).revoke(CONTEXT);
  const request = receiver.received[0];
  const signed = `${request?.headers['webhook-id']}.${request?.headers['webhook-timestamp']}.${request?.body}`;
  expect(request?.headers['webhook-signature']).toBe(
    `v1,${createHmac('sha256', '0123456789').update(signed).digest('base64')}`,
  );
});

test('without verify_url there is no proof', async () => {
  expect(await (await revocation()).verify(CONTEXT)).toBeUndefined();
});

test.each([
  ['{"dead":true,"proof":"login refused"}', true],
  ['{"dead":false}', false],
  ['{"dead":"yes"}', false],
  ['OK', false],
  ['', false],
])('only {"dead": true} from verify_url is a proof: %j', async (answer, dead) => {
  receiver.answer(200, answer);
  const step = await revocation({ verify_url: `${receiver.url}/verify` });
  expect(await step.verify(CONTEXT)).toMatchObject({ dead });
  expect(receiver.received[0]?.path).toBe('/verify');
});

test('a secret in what the receiver says as its proof is not shown', async () => {
  receiver.answer(
    200,
    JSON.stringify({ dead: true, proof: `it's refused: ${KEY}, Authorization: Bearer Ab12Cd34Ef56` }),
  );
  const { proof } = (await (await revocation({ verify_url: `${receiver.url}/verify` })).verify(CONTEXT)) ?? {};
  expect(proof).toBe(
    "verify_url says that it is dead: it's refused: [redacted], Authorization: Bearer [redacted:token]",
  );
});

test.each([
  [503, true],
  [429, true],
  [404, false],
  [302, false],
])('an answer %i fails, and may be tried again: %s', async (status, retryable) => {
  receiver.answer(status, undefined, { location: `${receiver.url}/elsewhere` });
  await expect((await revocation()).revoke(CONTEXT)).rejects.toMatchObject({ retryable });
  expect(receiver.received).toHaveLength(1);
});

test('a plan shows where it goes, not the key in the path', () => {
  const spec = { with: 'webhook', url: 'https://hooks.example.com/services/canary' };
  expect(webhook.describe(spec)).toMatch(/https:\/\/hooks\.example\.com(?!\S)/);
});

test.each(['ftp://x', 'file:///etc/passwd', 'javascript:1', 'nothing'])('%s is no address', (url) => {
  expect(webhook.specSchema.safeParse({ with: 'webhook', url }).success).toBe(false);
});
