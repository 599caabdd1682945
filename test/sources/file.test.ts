import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FileSource } from '../../src/sources/file.ts';
import { HandlePool } from '../../src/sources/handle-pool.ts';
import { StreamSource } from '../../src/sources/stream.ts';
import { type Folder, readAll, temporaryFolder } from './folder.ts';

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** Text that compresses badly, so that half of the compressed file is about half of it. */
const text = Array.from({ length: 20_000 }, (_, at) => `line ${at} ${((at * 2654435761) >>> 0).toString(36)}\n`).join(
  '',
);

describe('a file', () => {
  test.each([1000, 65_536, 10_000_000])('is read whole, %i bytes at a time', async (size) => {
    const source = new FileSource(folder.write('a.log', text), new HandlePool());
    expect(await readAll(source, size)).toBe(text);
    expect(source.problem()).toBeUndefined();
  });

  test('is decompressed if its first bytes say gzip, whatever its name; several members are one file', async () => {
    const half = text.length / 2;
    const packed = Buffer.concat([gzipSync(text.slice(0, half)), gzipSync(text.slice(half))]);
    expect(await readAll(new FileSource(folder.write('plain.log', packed), new HandlePool()))).toBe(text);
    expect(await readAll(new FileSource(folder.write('not.gz', text), new HandlePool()))).toBe(text);
  });

  test('that is half a gzip gives what can be read, then says so', async () => {
    const packed = gzipSync(text);
    for (const kept of [packed.length >> 1, packed.length - 1, packed.length - 9, 20, 3]) {
      const source = new FileSource(folder.write(`${kept}.gz`, packed.subarray(0, kept)), new HandlePool());
      const read = await readAll(source);
      expect(text.startsWith(read)).toBe(true);
      expect(read.length).toBeGreaterThan((kept / packed.length) * text.length * 0.8 - 5000);
      expect(source.problem()).toMatchObject({ reason: 'truncated-gzip' });
    }
  });

  test('that is a damaged gzip gives what can be read, then says so', async () => {
    const packed = gzipSync(text);
    packed.fill(0xff, packed.length >> 1, (packed.length >> 1) + 100);
    const source = new FileSource(folder.write('a.gz', packed), new HandlePool());
    const read = await readAll(source);
    expect(read.length).toBeGreaterThan(text.length / 4);
    expect(source.problem()).toMatchObject({ reason: 'corrupt-gzip' });
  });

  test('that expands a thousandfold is given in bounded pieces', async () => {
    const source = new FileSource(folder.write('bomb.gz', gzipSync(Buffer.alloc(100_000_000))), new HandlePool());
    let largest = 0;
    let total = 0;
    for (let chunk = await source.read(); chunk !== 'end'; chunk = await source.read()) {
      largest = Math.max(largest, chunk.length);
      total += chunk.length;
    }
    expect(total).toBe(100_000_000);
    expect(largest).toBeLessThan(20_000_000);
  });

  test('that is empty, a folder or gone since is no exception', async () => {
    const pool = new HandlePool();
    expect(await new FileSource(folder.write('empty', ''), pool).read()).toBe('end');
    mkdirSync(folder.path('folder'));
    const inFolder = new FileSource(folder.path('folder'), pool);
    expect(await inFolder.read()).toBe('end');
    expect(inFolder.problem()).toMatchObject({ reason: 'directory' });
    const gone = new FileSource(folder.path('gone'), pool);
    expect(await gone.read()).toBe('end');
    expect(gone.problem()).toMatchObject({ reason: 'unreadable' });
  });

  test('goes on where an earlier run stopped, also if the run between never came to open it', async () => {
    const path = folder.write('a.log', text);
    const first = new FileSource(path, new HandlePool());
    const read = (await first.read(1000)).toString();
    const between = new FileSource(path, new HandlePool(), first.save(read.length));
    const last = new FileSource(path, new HandlePool(), between.save(between.startsAt));
    expect(read + (await readAll(last))).toBe(text);
    expect(last.problem()).toBeUndefined();
    await first.close();
  });

  test.each(['plain', 'gzip'])('goes on where an earlier run stopped (%s)', async (kind) => {
    const path = folder.write('a.log', kind === 'gzip' ? gzipSync(text) : text);
    const first = new FileSource(path, new HandlePool());
    await first.read();
    const position = first.save(12_345);
    await first.close();
    const second = new FileSource(path, new HandlePool(), JSON.parse(JSON.stringify(position)));
    expect(second.startsAt).toBe(12_345);
    expect(await readAll(second)).toBe(text.slice(12_345));
  });

  test('that another one has replaced since is read from its start, and that is told', async () => {
    const path = folder.write('a.log', text);
    const first = new FileSource(path, new HandlePool());
    await first.read();
    const position = first.save(100);
    await first.close();
    writeFileSync(folder.path('new'), 'another file\n');
    renameSync(folder.path('new'), path);
    const second = new FileSource(path, new HandlePool(), position);
    expect(await readAll(second)).toBe('another file\n');
    expect(second.problem()).toMatchObject({ reason: 'position-lost' });
    expect(second.save(second.startsAt + 13)).toMatchObject({ offset: 13 });
  });

  test('that has grown since is still the same', async () => {
    const path = folder.write('a.log', 'short\n');
    const first = new FileSource(path, new HandlePool());
    await first.read();
    await first.close();
    appendFileSync(path, 'more\n');
    expect(await readAll(new FileSource(path, new HandlePool(), first.save(6)))).toBe('more\n');
  });
});

test('hundreds of files are read in turns with few of them open', async () => {
  const pool = new HandlePool(8);
  const sources = Array.from(
    { length: 200 },
    (_, at) => new FileSource(folder.write(`${at}`, `${at}-`.repeat(100)), pool),
  );
  const read = sources.map(() => '');
  for (let round = 0; round < 50; round++) {
    for (const [at, source] of sources.entries()) {
      const chunk = await source.read(10);
      if (chunk !== 'end') read[at] += chunk.toString();
      expect(pool.open).toBeLessThanOrEqual(8);
    }
  }
  expect(read).toEqual(sources.map((_, at) => `${at}-`.repeat(100).slice(0, 500)));
  await Promise.all(sources.map((source) => source.close()));
});

describe('standard input', () => {
  test.each(['plain', 'gzip'])('is read to its end (%s)', async (kind) => {
    const bytes = kind === 'gzip' ? gzipSync(text) : Buffer.from(text);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 5000) }, (_, at) =>
      bytes.subarray(at * 5000, at * 5000 + 5000),
    );
    expect(await readAll(new StreamSource('-', Readable.from(pieces, { objectMode: false })))).toBe(text);
  });

  test('that is half a gzip says so', async () => {
    const source = new StreamSource('-', Readable.from([gzipSync(text).subarray(0, 50_000)], { objectMode: false }));
    expect(text.startsWith(await readAll(source))).toBe(true);
    expect(source.problem()).toMatchObject({ reason: 'truncated-gzip' });
  });

  test('never waits if live', async () => {
    const input = new Readable({ read: () => undefined });
    const source = new StreamSource('-', input, { live: true });
    expect(await source.read()).toBe('caught-up');
    input.push('a line\n');
    expect(String(await source.read())).toBe('a line\n');
  });

  test('stops waiting on a signal', async () => {
    const stop = new AbortController();
    const source = new StreamSource('-', new Readable({ read: () => undefined }), { signal: stop.signal });
    const reading = source.read();
    stop.abort();
    expect(await reading).toBe('caught-up');
  });

  test('that breaks off is told', async () => {
    const input = new Readable({ read: () => undefined });
    const source = new StreamSource('-', input);
    const reading = source.read();
    input.destroy(new Error('broken'));
    expect(await reading).toBe('end');
    expect(source.problem()).toMatchObject({ reason: 'unreadable' });
  });
});
