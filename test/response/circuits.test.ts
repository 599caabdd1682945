import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Health } from '../../src/ops/health.ts';
import { Metrics } from '../../src/ops/metrics.ts';
import { tellOfResponse } from '../../src/pipeline/telemetry.ts';
import { orderSteps } from '../../src/response/control.ts';
import type { OutboxStep } from '../../src/response/outbox.ts';
import { planFor } from '../../src/response/plan.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { startReceiver } from '../servers/receiver.ts';
import { credentialOf, responseOf, type TestResponse } from './response-of.ts';

/** An issuer that takes connections and does with them what the test wants. */
async function startServer(answer: (server: Server) => void): Promise<{ url: string; hangUp(): void }> {
  const server = createServer();
  answer(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, hangUp: () => server.closeAllConnections() };
}

const held = (count: number, url: string, name: string) =>
  Array.from({ length: count }, (_, at) =>
    credentialOf({ id: `${name}-${at}`, agent: name, revoke: { with: 'webhook', url: `${url}/revoke` } }),
  );

async function responseWith(credentials: ReturnType<typeof held>): Promise<TestResponse> {
  return responseOf({}, credentials, { webhook: { secret: await secretOf('key') } });
}

const order = (response: TestResponse, ids: string[]) => orderSteps(planFor(ids, response.plan), 'ann', response);

test('an issuer that fails again and again is left alone, told of in metrics and health, and tried again when it is back', async () => {
  let calls = 0;
  let status = 503;
  const issuer = await startServer((server) =>
    server.on('request', (_request, answer) => {
      calls++;
      answer.writeHead(status).end();
    }),
  );
  const receiver = await startReceiver();
  onTestFinished(() => receiver.stop());
  const credentials = [...held(12, issuer.url, 'down'), ...held(1, receiver.url, 'up')];
  const response = await responseWith(credentials);
  const metrics = new Metrics();
  const health = new Health();
  tellOfResponse(
    {
      read: (metric, samples) => metrics.read(metric, samples),
      observe: (metric, seconds) => metrics.observe(metric, seconds),
      component: (name, condition) => health.component(name, condition),
    },
    response,
  );
  const { cause } = await order(
    response,
    credentials.map(({ id }) => id),
  );
  const worker = response.worker({ retry: { attempts: 1_000, first: 50, longest: 50 } });
  await worker.drain();

  expect(calls).toBe(5);
  const steps = response.outbox.ofCause(cause);
  expect(steps.filter(({ credential, state }) => credential === 'up-0' && state === 'called')).toHaveLength(1);
  const waiting = steps.filter(({ doneAt }) => doneAt === undefined);
  expect(waiting).toHaveLength(12);
  expect(waiting.at(-1)?.note).toBe(`webhook ${issuer.url} is left alone for a moment: webhook receiver answered 503`);
  expect(response.circuits.open).toEqual([`webhook ${issuer.url}`]);
  const text = await metrics.text();
  expect(text).toContain(`wayward_issuer_circuit_open{issuer="webhook ${issuer.url}"} 1`);
  expect(text).toContain(`wayward_issuer_circuit_open{issuer="webhook ${receiver.url}"} 0`);
  expect(JSON.stringify(health.report())).toContain(`no answer from webhook ${issuer.url}`);

  status = 204;
  await expect
    .poll(
      async () => {
        response.at(response.now() + 1_000);
        await worker.drain();
        return response.outbox.ofCause(cause).filter(({ state }) => state === 'called').length;
      },
      { timeout: 30_000, interval: 100 },
    )
    .toBe(13);
  expect(response.circuits.open).toEqual([]);
}, 60_000);

test('many alerts that wait for an issuer that hangs do not hold up one for another issuer', async () => {
  const hanging = await startServer(() => undefined);
  const receiver = await startReceiver();
  onTestFinished(() => receiver.stop());
  const credentials = [...held(40, hanging.url, 'stuck'), ...held(1, receiver.url, 'up')];
  const response = await responseWith(credentials);
  for (const { id } of credentials) await order(response, [id]);
  const done = Promise.withResolvers<OutboxStep>();
  const worker = response.worker({
    onStep: (step) => {
      if (step.doneAt !== undefined) done.resolve(step);
    },
  });
  worker.start();
  expect(await done.promise).toMatchObject({ credential: 'up-0', state: 'called' });
  expect(response.circuits.open).toEqual([]); // nothing has even timed out
  hanging.hangUp();
  await worker.stop();
});
