import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Health } from '../../src/ops/health.ts';
import { serve } from '../../src/ops/http.ts';
import { Metrics } from '../../src/ops/metrics.ts';
import { pagesOf } from '../../src/ops/pages.ts';
import type { Condition } from '../../src/ops/telemetry.ts';
import { freePort } from '../servers/free-port.ts';

async function newServer() {
  const health = new Health();
  const metrics = new Metrics();
  const errors: unknown[] = [];
  const port = await freePort();
  const server = await serve({ host: '127.0.0.1', port }, pagesOf(health, metrics), (error) => errors.push(error));
  onTestFinished(() => server.close());
  return { health, metrics, errors, port, server, url: `http://127.0.0.1:${port}` };
}

/** Sends bytes as they are; what comes back until the other side ends, and how long it took (ms). */
function raw(port: number, bytes: string, drip?: string): Promise<{ text: string; took: number }> {
  const began = Date.now();
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const dripping = drip === undefined ? undefined : setInterval(() => socket.write(drip), 200);
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => undefined); // reset: the end comes with 'close'
    socket.on('close', () => {
      clearInterval(dripping);
      resolve({ text, took: Date.now() - began });
    });
  });
}

test.each<[Condition['state'], number, number]>([
  ['ok', 200, 200],
  ['degraded', 200, 200],
  ['down', 200, 503],
  ['broken', 503, 503],
])('a component that is %s: alive %i, ready %i', async (state, alive, ready) => {
  const { health, url } = await newServer();
  health.component('other', () => ({ state: 'ok' }));
  const gone = health.component('elasticsearch', () =>
    state === 'ok' ? { state } : { state, reason: 'retrying: connection refused' },
  );
  expect((await fetch(`${url}/healthz`)).status).toBe(alive);
  const answer = await fetch(`${url}/readyz`);
  expect(answer.status).toBe(ready);
  expect(await answer.json()).toMatchObject({ state, components: { elasticsearch: { state } } });
  gone();
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
});

describe('whoever connects is bounded', () => {
  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])('%s is refused', async (method) => {
    const { port } = await newServer();
    const { text } = await raw(port, `${method} /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 405 /);
    expect(text).toMatch(/\r\nallow: GET, HEAD\r\n/i);
  });

  test('HEAD has no body, an unknown path is 404, a query is not looked at', async () => {
    const { url } = await newServer();
    const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await fetch(`${url}/../../etc/passwd`)).status).toBe(404);
    expect((await fetch(`${url}/__proto__`)).status).toBe(404);
    expect((await fetch(`${url}/healthz?x=${'y'.repeat(1000)}`)).status).toBe(200);
  });

  test('huge headers', async () => {
    const { port, url } = await newServer();
    const { text } = await raw(port, `GET / HTTP/1.1\r\nhost: x\r\nx-large: ${'a'.repeat(64 * 1024)}\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 431 |^$/); // a reset may swallow the answer
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('what is no HTTP', async () => {
    const { port, url } = await newServer();
    for (const bytes of [
      '\x16\x03\x01\x02\x00\x01\x00\x01',
      'GET\r\n\r\n',
      '\0\0\0\0\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
    ]) {
      expect((await raw(port, bytes)).text).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('a body is not waited for', async () => {
    const { port } = await newServer();
    const { text, took } = await raw(port, 'GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\nabc');
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(took).toBeLessThan(3_000);
  });

  test('who sends slowly, or nothing, is cut off; others are served meanwhile', async () => {
    const { port, url } = await newServer();
    const slow = [
      ...Array.from({ length: 100 }, () => raw(port, 'GET /metrics HTTP/1.1\r\nhost: x\r\n', 'x-a: b\r\n')),
      raw(port, ''),
    ];
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    for (const { took } of await Promise.all(slow)) expect(took).toBeLessThan(12_000);
  });
});

test('many scrapes at once are one', async () => {
  const { metrics, url } = await newServer();
  let asked = 0;
  metrics.read('events', () => ++asked);
  await Promise.all(Array.from({ length: 50 }, async () => (await fetch(`${url}/metrics`)).text()));
  expect(asked).toBe(1);
});

test('a part that cannot tell: 500 without a word of why, which goes to the log', async () => {
  const { health, errors, url } = await newServer();
  health.component('store', () => {
    throw new Error('secret detail');
  });
  const answer = await fetch(`${url}/readyz`);
  expect([answer.status, await answer.text()]).toEqual([500, 'failed; the log says why\n']);
  expect(errors).toHaveLength(1);
});

test('an address that is not ours says what to write', async () => {
  const pages = new Map();
  await expect(serve({ host: '192.0.2.1', port: 8080 }, pages, () => undefined)).rejects.toThrow(
    'wayward.yaml: http: 192.0.2.1:8080 cannot be served (EADDRNOTAVAIL); write an address of this machine, such as host: 127.0.0.1',
  );
});
