import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { builtOnce } from './built-once.ts';

const MODULE = join(import.meta.dirname, 'built-once.ts');

beforeEach(() => void vi.stubEnv('WAYWARD_TEST_FETCH', '1'));
afterEach(() => void vi.unstubAllEnvs());

test('while another process builds, one waits; once that is killed, the build is done here', async () => {
  vi.stubEnv('XDG_CACHE_HOME', temporaryFolder());
  const begun = join(temporaryFolder(), 'begun');
  const script = `
    import { writeFileSync } from 'node:fs';
    import { builtOnce } from ${JSON.stringify(MODULE)};
    await builtOnce('server-1', 'product', async () => {
      writeFileSync(${JSON.stringify(begun)}, '');
      await new Promise((resolve) => setTimeout(resolve, 600_000));
    });`;
  const other = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
  onTestFinished(() => void other.kill('SIGKILL'));
  while (!existsSync(begun) && other.exitCode === null) await sleep(20);

  let builds = 0;
  const built = builtOnce('server-1', 'product', async (folder) => {
    builds++;
    writeFileSync(join(folder, 'product'), '');
  });
  await sleep(1_000); // long enough to look at the lock several times
  expect(builds).toBe(0);
  other.kill('SIGKILL');
  expect(existsSync(join(await built, 'product'))).toBe(true);
  expect(builds).toBe(1);
});
