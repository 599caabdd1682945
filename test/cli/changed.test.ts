import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SHIPPED_DETECTORS } from '../../src/config/detector-files.ts';
import { temporaryFolder } from '../config/temp.ts';
import { run } from './run.ts';

/** `wayward test --changed`: only what differs from git's HEAD, or from what comes with Wayward. */

const rule = (id: string, severity = 'high'): string =>
  `id: ${id}\ntitle: An export\ndescription: Exports.\nkind: match\nseverity: ${severity}\nparameters: { action: "GET /v1/export/**" }
tests:
  - { name: an export, events: [{ action: GET /v1/export/all }], expect: ${severity} }
  - { name: an order, events: [{}], expect: none }\n`;

const git = (folder: string, ...args: string[]): void => {
  const own = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
  execFileSync('git', ['-C', folder, ...own, ...args], { stdio: 'ignore' });
};

/** A repository whose HEAD has these detectors. */
function repository(detectors: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'local'));
  for (const [name, text] of Object.entries(detectors)) writeFileSync(join(folder, name), text);
  git(folder, 'init', '--quiet');
  git(folder, 'add', '.');
  git(folder, 'commit', '--quiet', '-m', 'detectors');
  return folder;
}

const tested = async (folder: string): Promise<{ readonly ids: string[]; readonly code: number }> => {
  const { stdout, code } = await run(['test', folder, '--changed']);
  return { ids: [...new Set([...stdout.matchAll(/^(?:ok|FAILED) +([\w-]+):/gm)].map(([, id]) => id ?? ''))], code };
};

describe('in a repository', () => {
  test('nothing that is as committed is tested, and that is no failure', async () => {
    const folder = repository({ 'a.yaml': rule('alpha'), 'b.yaml': rule('beta') });
    expect(await tested(folder)).toEqual({ ids: [], code: 0 });
  });

  test('what was edited, staged or is new is tested, and its failure counts', async () => {
    const folder = repository({ 'a.yaml': rule('alpha'), 'b.yaml': rule('beta'), 'c.yaml': rule('gamma') });
    writeFileSync(join(folder, 'a.yaml'), rule('alpha', 'low'));
    writeFileSync(join(folder, 'b.yaml'), rule('beta').replace('expect: none', 'expect: low'));
    git(folder, 'add', 'b.yaml');
    writeFileSync(join(folder, 'd.yaml'), rule('delta'));
    expect(await tested(folder)).toEqual({ ids: ['alpha', 'beta', 'delta'], code: 1 });
  });

  test('a detector is tested where a file that it extends was edited, or that extends it', async () => {
    const folder = repository({
      'a.yaml': rule('alpha'),
      'b.yaml': rule('beta'),
      'local/a.yaml': `extends: alpha\nseverity: medium\nfor: { agents: [x] }\ntests: [{ name: mine, events: [{ action: GET /v1/export/all }], expect: medium }]\n`,
    });
    writeFileSync(join(folder, 'local', 'b.yaml'), 'extends: beta\nseverity: low\n');
    expect((await tested(folder)).ids).toEqual([]);
    writeFileSync(join(folder, 'a.yaml'), rule('alpha').replace('Exports.', 'All exports.'));
    expect((await tested(folder)).ids).toEqual(['alpha']);
    const { stdout } = await run(['test', folder, '--changed']);
    expect(stdout).toContain('ok        alpha: mine');
    expect(stdout).toContain('no tests  beta');
  });
});

test('without a repository, what differs from the detectors that come with Wayward', async () => {
  const folder = temporaryFolder();
  for (const name of ['dormant.yaml', 'honeytoken.yaml']) cpSync(join(SHIPPED_DETECTORS, name), join(folder, name));
  writeFileSync(join(folder, 'own.yaml'), rule('own'));
  expect((await tested(folder)).ids).toEqual(['own']);
});
