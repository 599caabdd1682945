import { rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FilePattern } from '../../src/sources/file-pattern.ts';
import { FollowSource } from '../../src/sources/follow.ts';
import type { SourcePosition } from '../../src/sources/source.ts';
import { type Folder, temporaryFolder } from './folder.ts';

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

describe('a pattern', () => {
  test('gives each file once, also those that appear later', async () => {
    folder.write('db-Mon.csv', '');
    const pattern = new FilePattern(folder.path('db-*.csv'), true);
    expect(await pattern.look()).toEqual([folder.path('db-Mon.csv')]);
    expect(await pattern.look()).toEqual([]);
    folder.write('db-Tue.csv', '');
    folder.write('other.csv', '');
    expect(await pattern.look()).toEqual([folder.path('db-Tue.csv')]);
  });

  test('without a file is missing until there is one', async () => {
    const pattern = new FilePattern(folder.path('*.json'), true);
    expect(await pattern.look()).toEqual([]);
    expect(pattern.isMissing).toBe(true);
    folder.write('a.json', '');
    expect(await pattern.look()).toEqual([folder.path('a.json')]);
    expect(pattern.isMissing).toBe(false);
  });

  test('that is followed leaves out what rotation made of a file, whenever that appears', async () => {
    folder.write('a.json', '');
    folder.write('a.json.1', '');
    folder.write('a.json.2.gz', '');
    folder.write('a.json-20261129', '');
    folder.write('a.json.gz', '');
    folder.write('b.json.7', ''); // the log that it was is not here
    const pattern = new FilePattern(folder.path('*.json*'), true);
    expect(await pattern.look()).toEqual([folder.path('a.json'), folder.path('b.json.7')]);
    folder.write('a.json-20261130', '');
    expect(await pattern.look()).toEqual([]);
  });

  test('that is read once takes those, too', async () => {
    folder.write('a.json', '');
    folder.write('a.json.1', '');
    const pattern = new FilePattern(folder.path('*.json*'), false);
    expect(await pattern.look()).toEqual([folder.path('a.json'), folder.path('a.json.1')]);
  });

  test('gives a file that was rotated away before all of it was read, and no other', async () => {
    const names = ['db-Mon.csv', 'db-Tue.csv', 'db-Wed.csv', 'db-Thu.csv', 'db-Fri.csv'];
    for (const name of names) folder.write(name, `${name} one\n`);
    const earlier = new Map<string, SourcePosition>();
    for (const name of names) {
      const source = new FollowSource(folder.path(name));
      await source.read();
      earlier.set(folder.path(name), source.save(15));
      await source.close();
      rmSync(folder.path(name));
    }
    writeFileSync(folder.path('db-Mon.csv.gz'), gzipSync('db-Mon.csv one\ntwo\n'));
    writeFileSync(folder.path('db-Tue.csv.1'), 'db-Tue.csv one\ntwo\n');
    writeFileSync(folder.path('db-Wed.csv-20261130.gz'), gzipSync('db-Wed.csv one\n')); // was read to its end
    writeFileSync(folder.path('db-Thu.csv.gz'), gzipSync('db-Sun.csv one\ntwo\n')); // another
    folder.write('db-Sat.csv', '');
    for (const wildcard of ['db-*.csv', 'db-*']) {
      const pattern = new FilePattern(folder.path(wildcard), true, earlier);
      const expected = ['db-Mon.csv', 'db-Sat.csv', 'db-Tue.csv'].map((name) => folder.path(name));
      expect(await pattern.look()).toEqual(expected);
      expect(await pattern.look()).toEqual([]);
    }
    const source = new FollowSource(folder.path('db-Mon.csv'), earlier.get(folder.path('db-Mon.csv')));
    expect(String(await source.read())).toBe('two\n');
    await source.close();
  });

  test('is not looked at again at once', async () => {
    const pattern = new FilePattern(folder.path('*.json'), true);
    await pattern.look();
    expect(pattern.isDue(performance.now())).toBe(false);
    expect(pattern.isDue(performance.now() + 60_000)).toBe(true);
  });
});

describe('a path', () => {
  test('is given though nothing is there yet', async () => {
    const pattern = new FilePattern(folder.path('later.json'), true);
    expect(await pattern.look()).toEqual([folder.path('later.json')]);
    expect(pattern.isMissing).toBe(true);
    folder.write('later.json', '');
    expect(await pattern.look()).toEqual([]);
    expect(pattern.isMissing).toBe(false);
  });
});
