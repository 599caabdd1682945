import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { patchKafkajs } from '../../../src/kafka/patches/patch.ts';
import { connectionTo, metadataRequest } from './connection-to.ts';

const WATCHED = 200;
const CORRELATION_ID_AT = 8;

/** Answers each request with nothing but its number. */
async function startEcho(): Promise<number> {
  const server = createServer((socket) => {
    socket.on('data', (request: Buffer) => {
      const answer = Buffer.alloc(8);
      answer.writeInt32BE(4);
      request.copy(answer, 4, CORRELATION_ID_AT, CORRELATION_ID_AT + 4);
      socket.write(answer);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function connected() {
  patchKafkajs();
  const connection = connectionTo(await startEcho());
  await connection.connect();
  onTestFinished(async () => void (await connection.disconnect()));
  return connection;
}

test('a connection that has nothing to do sets no timers', async () => {
  const connection = await connected();
  expect(await connection.send(metadataRequest())).toBe('answered');
  const timers = vi.spyOn(globalThis, 'setTimeout');
  onTestFinished(() => timers.mockRestore());
  await sleep(WATCHED);
  expect(timers.mock.calls.filter(([, wait = 0]) => wait < WATCHED)).toEqual([]);
});

test('what waits, since the broker asked to be left alone for a while, is sent after that', async () => {
  const connection = await connected();
  const until = Date.now() + WATCHED;
  connection.requestQueue.throttledUntil = until;
  expect(await connection.send(metadataRequest())).toBe('answered');
  expect(Date.now()).toBeGreaterThanOrEqual(until - 1);
});
