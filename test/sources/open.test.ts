import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DeadLetterFile } from '../../src/sources/dead-letter-file.ts';
import { openSources, SourceNotFound } from '../../src/sources/open.ts';
import { type Folder, readAll, temporaryFolder } from './folder.ts';

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const open = (...names: string[]) => openSources(names, { stdin: Readable.from([Buffer.from('input\n')]) });

describe('the sources of a command line', () => {
  test('are files, patterns and standard input; each file once', async () => {
    const a = folder.write('a.log', 'a\n');
    const b = folder.write('b.log', 'b\n');
    const sources = await open(b, folder.path('*.log'), '-', a, '-');
    expect(sources.map(({ name }) => name)).toEqual([b, a, '-']);
    expect(await Promise.all(sources.map((source) => readAll(source)))).toEqual(['b\n', 'a\n', 'input\n']);
  });

  test('may have a name that looks like a pattern', async () => {
    const odd = folder.write('[a]*.log', 'odd\n');
    folder.write('a1.log', 'other\n');
    expect((await open(odd)).map(({ name }) => name)).toEqual([odd]);
  });

  test('that are not there are wrong usage', async () => {
    await expect(open(folder.path('nowhere.log'))).rejects.toThrow(SourceNotFound);
    await expect(open(folder.path('*.nothing'))).rejects.toThrow(/no file fits/);
    await expect(open(`${folder.write('file', '')}/below`)).rejects.toThrow(SourceNotFound);
  });

  test('may be a folder: every file below it, each once, but no hidden one, and no link to a folder is followed', async () => {
    mkdirSync(folder.path('logs/2026/11'), { recursive: true });
    const first = folder.write('logs/2026/11/b.json', 'b');
    const second = folder.write('logs/a [1].log', 'a');
    folder.write('logs/.hidden', 'x');
    symlinkSync(folder.path('logs'), folder.path('logs/2026/round'));
    expect((await open(folder.path('logs'), second)).map(({ name }) => name)).toEqual([first, second]);
  });

  test('may be an empty folder, which is left out with a word', async () => {
    mkdirSync(folder.path('folder'));
    const [source] = await open(folder.path('folder'));
    expect(await source?.read()).toBe('end');
    expect(source?.problem()).toMatchObject({ reason: 'directory' });
  });

  test('may be a named pipe', async () => {
    const pipe = folder.path('pipe');
    execFileSync('mkfifo', [pipe]);
    const [source] = await open(pipe);
    execFileSync('sh', ['-c', 'echo through the pipe > "$1" &', 'sh', pipe], { stdio: 'ignore' });
    expect(source && (await readAll(source))).toBe('through the pipe\n');
  });
});

describe('the file of dead letters', () => {
  const letter = { source: 'a', position: 0, length: 3, hash: 'ff', reason: 'invalid-json', excerpt: 'x\ny' };

  test('has one JSON object a line, readable by its owner only, also where it was there before', () => {
    const path = folder.write('dead.ndjson', 'old\n');
    const file = new DeadLetterFile(path);
    for (let at = 0; at < 2000; at++) file.write({ ...letter, position: at });
    file.close();
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).position)).toEqual(Array.from({ length: 2000 }, (_, at) => at));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(file.lost).toBe(0);
  });

  test('can go on behind the part of an earlier one that counts', () => {
    const path = folder.write('dead.ndjson', '{"is":"saved"}\n{"found":"again"}\n');
    const file = new DeadLetterFile(path, 15);
    file.write(letter);
    expect(file.sync()).toBe(statSync(path).size);
    file.close();
    expect(readFileSync(path, 'utf8')).toBe(`{"is":"saved"}\n${JSON.stringify(letter)}\n`);
  });

  test('goes on at its end where it is shorter than it was: someone has taken letters away', () => {
    const path = folder.write('dead.ndjson', '{}\n');
    new DeadLetterFile(path, 1000).close();
    expect(readFileSync(path, 'utf8')).toBe('{}\n');
  });

  test('on a full disk counts what it lost and stops nothing', () => {
    const file = new DeadLetterFile('/dev/full');
    file.write(letter);
    file.close();
    expect(file.lost).toBe(1);
  });
});
