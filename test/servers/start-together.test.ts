import { expect, test } from 'vitest';
import { MissingServer } from './require-server.ts';
import { orStop, startTogether } from './start-together.ts';

let running = 0;

async function startOne() {
  running++;
  return { port: 7, stop: async () => void running-- };
}

const failWith = (error: Error) => async (): Promise<{ stop(): Promise<void> }> => {
  throw error;
};

test('servers are there by their names, and are stopped together', async () => {
  const servers = await startTogether({ one: startOne, other: startOne });
  expect({ port: servers.other.port, running }).toEqual({ port: 7, running: 2 });
  await servers.stop();
  expect(running).toBe(0);
});

test('none is left where one is missing', async () => {
  const missing = failWith(new MissingServer('no such server'));
  await expect(startTogether({ one: startOne, missing, other: startOne })).rejects.toThrow(MissingServer);
  expect(running).toBe(0);
});

test('one that fails is a failure, also where another one is missing', async () => {
  const missing = failWith(new MissingServer('no such server'));
  const broken = failWith(new Error('it broke'));
  await expect(startTogether({ missing, one: startOne, broken })).rejects.toThrow('it broke');
  expect(running).toBe(0);
});

test('a server is stopped where what comes after it fails', async () => {
  const one = await startOne();
  await expect(orStop(one, failWith(new MissingServer('no such server')))).rejects.toThrow(MissingServer);
  expect(running).toBe(0);
});
