import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { builtOnce } from './built-once.ts';
import { MissingServer } from './require-server.ts';

let built = 0;
const build = async (folder: string) => {
  built++;
  writeFileSync(join(folder, 'product'), '');
};

beforeEach(() => {
  built = 0;
  vi.stubEnv('CI', '');
  vi.stubEnv('WAYWARD_TEST_FETCH', '');
});
afterEach(() => void vi.unstubAllEnvs());

test('a test run builds and downloads nothing: the server is missing, and the reason says what to run', async () => {
  vi.stubEnv('XDG_CACHE_HOME', temporaryFolder());
  const attempt = builtOnce('server-1', 'product', build);
  await expect(attempt).rejects.toThrow(MissingServer);
  await expect(attempt).rejects.toThrow('npm run servers:fetch');
  expect(built).toBe(0);
});

test.each(['CI=true', 'WAYWARD_TEST_FETCH=1'])(
  'with %s it is built once, below XDG_CACHE_HOME, and there for all later runs',
  async (asked) => {
    const cache = temporaryFolder();
    vi.stubEnv('XDG_CACHE_HOME', cache);
    const [name = '', value = ''] = asked.split('=');
    vi.stubEnv(name, value);
    const folder = join(cache, 'wayward-test', 'server-1');
    const several = [builtOnce('server-1', 'product', build), builtOnce('server-1', 'product', build)];
    expect(await Promise.all(several)).toEqual([folder, folder]);
    vi.stubEnv(name, '');
    expect(await builtOnce('server-1', 'product', build)).toBe(folder);
    expect(built).toBe(1);
  },
);
