import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';

const VITEST = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const ROOT = join(import.meta.dirname, '../..');

/** Runs require-server.suite.ts in a vitest of its own: its exit code, its report, and what was done in it. */
function run(server: 'there' | 'missing' | 'broken', ci?: 'true') {
  const folder = temporaryFolder();
  const config = join(folder, 'vitest.config.mjs');
  const settings = { cacheDir: folder, test: { include: ['test/servers/require-server.suite.ts'] } };
  writeFileSync(config, `export default ${JSON.stringify(settings)};\n`);
  const { CI: _, ...env } = process.env;
  const options = ['--config', config, '--reporter=verbose', '--disable-console-intercept'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [VITEST, 'run', '--root', ROOT, ...options], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...env, SERVER: server, NO_COLOR: '1', ...(ci !== undefined && { CI: ci }) },
  });
  const done = [...stdout.matchAll(/^done: (.*)$/gm)].map(([, what]) => what);
  return { status, report: stdout + stderr, done };
}

describe('a suite with a server that is there', () => {
  test('runs after its start, and its hooks before its end', () => {
    const { status, report, done } = run('there');
    expect({ status, report }).toMatchObject({ status: 0, report: expect.stringContaining('4 passed | 1 todo (5)') });
    expect(done.slice(0, 2)).toEqual(['start', 'beforeAll of outer']);
    expect(done.slice(-4)).toEqual(['afterAll of outer', 'stop', 'end of beforeAll of outer', 'test beside it']);
  });
});

describe('a suite with a server that is missing', () => {
  test('is skipped with the reason, and none of its hooks is called at any depth', () => {
    const { status, report, done } = run('missing');
    expect({ status, report }).toMatchObject({
      status: 0,
      report: expect.stringContaining('1 passed | 3 skipped | 1 todo (5)'),
    });
    expect(report.match(/uses it.*\[no such server: install it\]/g)).toHaveLength(3);
    expect(done).toEqual(['start', 'test beside it']);
  });

  test('fails in CI, where all servers have to be there', () => {
    const { status, report, done } = run('missing', 'true');
    expect(status).toBe(1);
    expect(report).toContain('no such server: install it');
    expect(done).toEqual(['start', 'test beside it']);
  });
});

test('a server that is there and does not start is a failure', () => {
  const { status, report, done } = run('broken');
  expect(status).toBe(1);
  expect(report).toContain('the server broke');
  expect(done).toEqual(['start', 'test beside it']);
});
