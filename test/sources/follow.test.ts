import { appendFileSync, copyFileSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FollowSource } from '../../src/sources/follow.ts';
import type { SourcePosition } from '../../src/sources/source.ts';
import { type Folder, temporaryFolder } from './folder.ts';

let folder: Folder;
let path: string;
let followed: FollowSource[];
beforeEach(() => {
  folder = temporaryFolder();
  path = folder.path('app.log');
  followed = [];
});
afterEach(async () => {
  await Promise.all(followed.map((source) => source.close()));
  folder.remove();
});

const follow = (resume?: SourcePosition): FollowSource => {
  const source = new FollowSource(path, resume);
  followed.push(source);
  return source;
};

/** What it gives until it has caught up, in pieces of `size`. */
const readOn = async (source: FollowSource, size = 7): Promise<string> => {
  let text = '';
  for (let chunk = await source.read(size); chunk !== 'caught-up'; chunk = await source.read(size)) text += chunk;
  return text;
};

/** Looks again and again until the text ends like this. */
const readUntil = async (source: FollowSource, ending: string, size?: number): Promise<string> => {
  let text = '';
  while (!text.endsWith(ending)) {
    text += await readOn(source, size);
    await sleep(20);
  }
  return text;
};

const saved = (source: FollowSource, offset: number): SourcePosition => JSON.parse(JSON.stringify(source.save(offset)));

describe('a followed log', () => {
  test('gives what is there, then what is appended', async () => {
    writeFileSync(path, 'one\ntw');
    const source = follow();
    expect(await readOn(source)).toBe('one\ntw');
    expect(await readOn(source)).toBe('');
    appendFileSync(path, 'o\nthree\n');
    expect(await readOn(source)).toBe('o\nthree\n');
  });

  test('may come later', async () => {
    const source = follow();
    expect(await readOn(source)).toBe('');
    writeFileSync(path, 'one\n');
    expect(await readOn(source)).toBe('one\n');
    expect(source.problem()).toBeUndefined();
  });

  test('is read to its end after it was renamed, then the new one; an unfinished line stays apart', async () => {
    writeFileSync(path, 'one\n');
    const source = follow();
    expect(await readOn(source)).toBe('one\n');
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, 'two\nunfinished');
    expect(await readOn(source)).toBe('two\nunfinished');
    writeFileSync(path, 'three\n');
    appendFileSync(`${path}.1`, ' line');
    expect(await readUntil(source, 'three\n')).toBe(' line\nthree\n');
  });

  test('may be absent for a while after it was renamed', async () => {
    writeFileSync(path, 'one\n');
    const source = follow();
    expect(await readOn(source)).toBe('one\n');
    renameSync(path, folder.path('elsewhere'));
    expect(await readOn(source)).toBe('');
    writeFileSync(path, 'two\n');
    expect(await readUntil(source, 'two\n')).toBe('two\n');
  });

  test('that was rotated twice meanwhile is read through all three', async () => {
    writeFileSync(path, 'one\n');
    const source = follow();
    expect(await readOn(source)).toBe('one\n');
    renameSync(path, `${path}.1`);
    await sleep(20);
    writeFileSync(path, 'two\n');
    renameSync(`${path}.1`, `${path}.2`);
    renameSync(path, `${path}.1`);
    await sleep(20);
    writeFileSync(path, 'three\n');
    expect(await readUntil(source, 'three\n')).toBe('two\nthree\n');
  });

  test('that is truncated is read from its start again', async () => {
    writeFileSync(path, 'a longer beginning\nunfinished');
    const source = follow();
    await readOn(source);
    truncateSync(path);
    expect(await readOn(source)).toBe('\n');
    appendFileSync(path, 'new\n');
    expect(await readOn(source)).toBe('new\n');
  });

  test('that is copied, truncated and already longer than before is read from its start again', async () => {
    writeFileSync(path, 'one\n');
    const source = follow();
    await readOn(source);
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    appendFileSync(path, 'two and a good deal more\n');
    expect(await readOn(source)).toBe('two and a good deal more\n');
  });
});

describe('after a restart', () => {
  test('it goes on where it stopped, although the file has grown', async () => {
    writeFileSync(path, 'one\ntwo\n');
    const first = follow();
    await readOn(first);
    const position = saved(first, 4);
    appendFileSync(path, 'three\n');
    const second = follow(position);
    expect(second.startsAt).toBe(4);
    expect(await readOn(second)).toBe('two\nthree\n');
  });

  test('it finishes the file that was renamed meanwhile, then reads the one between and the new one', async () => {
    writeFileSync(path, 'one\ntwo\n');
    const first = follow();
    await readOn(first);
    const position = saved(first, 4);
    renameSync(path, `${path}.2`);
    await sleep(20);
    writeFileSync(`${path}.1`, 'three\n');
    await sleep(20);
    writeFileSync(path, 'four\n');
    const second = follow(position);
    expect(await readUntil(second, 'four\n')).toBe('two\nthree\nfour\n');
    // Positions are those of the file that they lie in.
    const { offset } = saved(second, 4 + 'two\nthree\nfo'.length);
    expect(offset).toBe(2);
  });

  test('it finishes the copy of a file that was copied and truncated meanwhile', async () => {
    writeFileSync(path, 'one\ntwo\n');
    const first = follow();
    await readOn(first);
    const position = saved(first, 4);
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    appendFileSync(path, 'three\n');
    expect(await readUntil(follow(position), 'three\n')).toBe('two\nthree\n');
  });

  test('it finishes the file that was renamed and compressed meanwhile, then the next ones, compressed or not', async () => {
    const text = (name: string) => Array.from({ length: 5_000 }, (_, at) => `${name} ${at}\n`).join('');
    writeFileSync(path, text('one'));
    const first = follow();
    await readOn(first, 10_000);
    const position = saved(first, 40_000);
    rmSync(path);
    writeFileSync(`${path}.3.gz`, gzipSync(text('one')));
    writeFileSync(`${path}.2.gz`, gzipSync(text('two')));
    writeFileSync(`${path}.1`, text('three'));
    utimesSync(`${path}.1`, 0, 0); // the compressed ones were changed when they were compressed, after it was written
    writeFileSync(path, 'four\n');
    const second = follow(position);
    const rest = `${text('one').slice(40_000)}${text('two')}${text('three')}four\n`;
    expect(await readUntil(second, 'four\n', 10_000)).toBe(rest);
    expect(second.problem()).toBeUndefined();

    // Also where it stopped inside a compressed one.
    const third = follow(saved(second, position.offset + text('one').length - 40_000 + 7_000));
    expect(await readUntil(third, 'four\n', 10_000)).toBe(`${text('two').slice(7_000)}${text('three')}four\n`);
  });

  test('it finds the file in its compressed form also while it runs, and reads nothing twice', async () => {
    writeFileSync(path, 'one\n');
    const source = follow();
    expect(await readOn(source)).toBe('one\n');
    rmSync(path);
    writeFileSync(`${path}.2.gz`, gzipSync('one\n'));
    writeFileSync(`${path}.1.gz`, gzipSync('two\n'));
    writeFileSync(path, 'three\n');
    expect(await readUntil(source, 'three\n')).toBe('two\nthree\n');
  });

  test('it reads a compressed file that ends too early as far as it goes, and says so', async () => {
    writeFileSync(path, 'one\ntwo\n');
    const first = follow();
    await readOn(first);
    const position = saved(first, 4);
    rmSync(path);
    writeFileSync(`${path}.1.gz`, gzipSync(`one\ntwo\n${'three\n'.repeat(100)}`).subarray(0, -12));
    writeFileSync(path, 'four\n');
    const second = follow(position);
    expect(await readUntil(second, 'four\n')).toMatch(/^two\n(three\n)*/);
    expect(second.problem()).toMatchObject({ reason: 'truncated-gzip' });
  });

  test('it says so if that file is gone, and reads the new one from its start', async () => {
    writeFileSync(path, 'one\ntwo\n');
    const first = follow();
    await readOn(first);
    const position = saved(first, 8);
    rmSync(path);
    writeFileSync(folder.path('new'), 'a file that is new and longer\n');
    renameSync(folder.path('new'), path);
    const second = follow(position);
    expect(await readOn(second)).toBe('a file that is new and longer\n');
    expect(second.problem()).toMatchObject({ reason: 'position-lost' });
  });

  test('it never takes an old file for one that was still empty', async () => {
    writeFileSync(`${path}.1`, 'old\n');
    writeFileSync(path, '');
    const first = follow();
    await readOn(first);
    const position = saved(first, 0);
    rmSync(path);
    writeFileSync(path, 'new\n');
    expect(await readOn(follow(position))).toBe('new\n');
  });
});
