import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FilePattern } from '../../src/sources/file-pattern.ts';
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
