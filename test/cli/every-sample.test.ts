import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFile } from '../config/temp.ts';
import { run } from './run.ts';

const fixtures = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** How many events there are of each format. */
const counted = (formats: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const format of formats.toSorted()) counts[format] = (counts[format] ?? 0) + 1;
  return counts;
};

test('a folder with a log of every format: each is known by its content, and every event says which it was', async () => {
  const golden = readdirSync(fixtures('golden'));
  const logs = golden.map((name) => join(fixtures('logs'), name.replace(/\.json$/, '')));
  const expected = golden.flatMap((name) => {
    const results = JSON.parse(readFileSync(join(fixtures('golden'), name), 'utf8')) as { format?: string }[];
    return results.flatMap(({ format }) => format ?? []);
  });
  const { code, stdout, stderr } = await run(['parse', '--config', temporaryFile('wayward.yaml', ''), ...logs]);
  expect(code).toBe(0);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { wayward: { format: string } });
  expect(counted(events.map(({ wayward }) => wayward.format))).toEqual(counted(expected));
  expect(stderr).toContain('0 dead letters');
  const found = /(\d+) logs: (.+)/.exec(stderr);
  expect(found?.[1]).toBe(String(logs.length));
  for (const format of new Set(expected)) expect(found?.[2]).toMatch(new RegExp(`(?:^|, )${format} \\d`));
});
