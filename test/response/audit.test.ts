import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NOW, responseOf } from './response-of.ts';

function trailOf(entries: number) {
  const { audit, store, folder } = responseOf({}, []);
  for (let index = 0; index < entries; index++) audit.append({ type: 'halted', by: 'ann', index }, NOW);
  audit.publishHead();
  return { audit, store, headFile: join(folder, 'audit-head') };
}

test('a trail that nobody touched is whole', () => {
  const { audit, headFile } = trailOf(5);
  expect(audit.verify()).toEqual({ entries: 5, unpublished: 0, problems: [] });
  expect(readFileSync(headFile, 'utf8')).toMatch(/^1 [0-9a-f]{64}\n2 /);
  expect(trailOf(0).audit.verify()).toEqual({ entries: 0, unpublished: 0, problems: [] });
});

test.each([
  ['edited', `UPDATE audit SET entry = replace(entry, 'ann', 'bob') WHERE seq = 3`, 'entry 3 was edited'],
  ['removed from the middle', 'DELETE FROM audit WHERE seq = 3', 'entry 3 is missing'],
  ['removed from the end', 'DELETE FROM audit WHERE seq = 5', 'entry 5 is gone'],
  ['all removed', 'DELETE FROM audit', 'entry 1 is gone'],
  ['swapped hash', "UPDATE audit SET hash = 'x' WHERE seq = 2", 'entry 2 was edited'],
])('an entry %s shows', (_what, sql, problem) => {
  const { audit, store } = trailOf(5);
  store.run(sql);
  expect(audit.verify().problems.join('\n')).toContain(problem);
});

test('a chain rewritten as a whole shows, since its head stands outside the store', () => {
  const { audit, store } = trailOf(2);
  store.run('DELETE FROM audit');
  for (const index of [0, 1]) audit.append({ type: 'halted', by: 'mallory', index }, NOW);
  expect(audit.verify().problems.join('\n')).toContain('entry 1 is not the one whose hash');
});

test('heads that were removed stay removed, and show', () => {
  const { audit, headFile } = trailOf(3);
  rmSync(headFile);
  audit.append({ type: 'resumed', by: 'ann' }, NOW);
  audit.publishHead();
  expect(audit.verify().problems).toContain(`${headFile} has lost the line of entry 1`);
});

test('an entry whose head was not written yet (a crash in between) is no problem and is written next time', () => {
  const { audit } = trailOf(1);
  audit.append({ type: 'resumed', by: 'ann' }, NOW);
  expect(audit.verify()).toEqual({ entries: 2, unpublished: 1, problems: [] });
  audit.publishHead();
  expect(audit.verify()).toEqual({ entries: 2, unpublished: 0, problems: [] });
});

test('a head file that holds something else is named with its line', () => {
  const { audit, headFile } = trailOf(1);
  writeFileSync(headFile, 'hello\n');
  expect(() => audit.verify()).toThrow(`${headFile}:1: is not a number and a hash`);
});
