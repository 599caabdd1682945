import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { startServerProcess } from './server-process.ts';

const program = (script: string) => {
  const folder = join(temporaryFolder(), 'server');
  mkdirSync(folder);
  return { name: 'It', binary: process.execPath, args: ['-e', script], folder, timeout: 3_000 };
};
const notYet = async (): Promise<never> => {
  throw new Error('not yet');
};
const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

test('a server that ends while it starts is told with its last words, and leaves no files', async () => {
  const dying = program('console.error("no such module \\"x\\""); process.exit(1)');
  await expect(startServerProcess(dying, notYet)).rejects.toThrow('It did not start: no such module "x"');
  expect(existsSync(dying.folder)).toBe(false);
});

test('a server that is never ready is ended', async () => {
  const silent = program('console.error(process.pid); setInterval(() => {}, 1000)');
  const error = await startServerProcess(silent, notYet).catch((reason: unknown) => reason as Error);
  const [, pid] = /did not start: (\d+)/.exec((error as Error).message) ?? [];
  expect(isGone(Number(pid))).toBe(true);
  expect(existsSync(silent.folder)).toBe(false);
});

test('a server is there once the look is good, and gone once it is stopped', async () => {
  let looks = 0;
  const { ready, stop } = await startServerProcess(program('setInterval(() => {}, 1000)'), async () => {
    await sleep(1);
    if (++looks < 3) throw new Error('not yet');
    return looks;
  });
  expect(ready).toBe(3);
  await stop();
});
