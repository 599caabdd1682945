import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { findProgram } from './find-program.ts';
import { MissingServer } from './require-server.ts';

afterEach(() => void vi.unstubAllEnvs());

test('a program is found on the PATH', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'some-server'), '', { mode: 0o755 });
  vi.stubEnv('PATH', `/nowhere:${folder}`);
  expect(findProgram('some-server', 'some-package')).toBe(join(folder, 'some-server'));
});

test('one that is nowhere is missing, and the reason names its package', () => {
  expect(() => findProgram('some-server', 'some-package')).toThrow(MissingServer);
  expect(() => findProgram('some-server', 'some-package')).toThrow('some-package');
});

test('with WAYWARD_TEST_ONLY_PATH=1 one in the folders of the system is hidden by the PATH', () => {
  vi.stubEnv('PATH', temporaryFolder());
  vi.stubEnv('WAYWARD_TEST_ONLY_PATH', '1');
  expect(() => findProgram('env', 'coreutils')).toThrow(MissingServer);
  vi.stubEnv('WAYWARD_TEST_ONLY_PATH', '');
  expect(findProgram('env', 'coreutils')).toBe('/usr/bin/env');
});
