import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFile, temporaryFolder } from '../config/temp.ts';
import { run } from './run.ts';

const SMALL = ['--days', '6', '--quiet-days', '3', '--scale', '0.3'];

test.each([
  { formats: [], identity: 'from-key-map', nobody: 0 },
  { formats: ['--formats', 'nginx-combined,pgaudit-csv'], identity: 'authenticated', nobody: 0.015 },
  { formats: ['--formats', 'pgaudit-stderr'], identity: 'from-key-map', nobody: 0 },
])(
  'simulate writes logs that scan reads whole, each use under its agent: $formats',
  async ({ formats, identity, nobody }) => {
    const folder = join(temporaryFolder(), 'world');
    const { code, stdout, stderr } = await run(['simulate', folder, '--seed', '3', ...SMALL, ...formats]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain(`--identity ${identity}`);
    const files =
      /--json (.*)\n/
        .exec(stderr)?.[1]
        ?.split(' ')
        .map((file) => join(folder, file)) ?? [];
    expect(files).toHaveLength(3);
    const scan = await run([
      'scan',
      '--config',
      join(folder, 'wayward.yaml'),
      '--identity',
      identity,
      '--json',
      ...files,
    ]);
    expect(scan.code).toBe(0);
    expect(scan.stderr).toContain(' 0 dead letters');
    const [, attributed = '', unproven = ''] =
      /attributed ([\d,]+) uses .*; ([\d,]+) of nobody/.exec(scan.stderr) ?? [];
    const count = (text: string) => Number(text.replaceAll(',', ''));
    expect(count(attributed)).toBeGreaterThan(5_000);
    // In a combined log, a request that failed does not prove that it came past the login.
    expect(count(unproven) / count(attributed)).toBeLessThanOrEqual(nobody);
  },
);

test('simulate: the same options give the same bytes', async () => {
  const bytes = async () => {
    const folder = join(temporaryFolder(), 'world');
    await run(['simulate', folder, ...SMALL]);
    return readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]);
  };
  expect(await bytes()).toEqual(await bytes());
});

test('simulate --list shows what a world can have, and writes nothing', async () => {
  const { code, stdout } = await run(['simulate', '--list']);
  expect(code).toBe(0);
  for (const id of ['office-kolkata', 'slow-crawl', 'key-rotation', 'dst']) expect(stdout).toContain(id);
});

test.each([
  [['--attacks', 'expotr'], 'none of '],
  [['--formats', 'syslog'], 'nginx-combined'],
  [['--seed', 'x'], 'whole number'],
  [['--scale', '0'], 'above 0'],
  [['--strengths', 'weak'], 'careful'],
  [['--days', '0'], 'whole number'],
])('simulate %s says what to write instead', async (args, said) => {
  const { code, stderr } = await run(['simulate', join(temporaryFolder(), 'world'), ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(said);
});

test('simulate writes into no folder that has something in it, and into none that is a file', async () => {
  const file = temporaryFile('kept.txt', 'kept');
  for (const folder of [join(file, '..'), file]) {
    const { code, stderr } = await run(['simulate', folder, ...SMALL]);
    expect(code).toBe(2);
    expect(stderr).toContain('name a');
  }
  expect(readFileSync(file, 'utf8')).toBe('kept');
});

test('simulate that is stopped says that its folder is no whole world, and labels nothing', async () => {
  const folder = join(temporaryFolder(), 'world');
  const { code, stderr } = await run(['simulate', folder, ...SMALL], { signal: AbortSignal.abort() });
  expect(code).toBe(130);
  expect(stderr).toContain('not whole');
  expect(readdirSync(folder)).not.toContain('labels.json');
});

test('simulate without a folder says that it needs one', async () => {
  const { code, stderr } = await run(['simulate']);
  expect(code).toBe(2);
  expect(stderr).toContain('name a folder');
});
