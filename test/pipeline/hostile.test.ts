import { mkdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { detectFormat } from '../../src/formats/detect.ts';
import { createRedactor } from '../../src/formats/redact.ts';
import { formatById, formats } from '../../src/formats/registry.ts';
import { Lane } from '../../src/pipeline/lane.ts';
import { Merge } from '../../src/pipeline/merge.ts';
import type { DeadLetter } from '../../src/sources/dead-letter.ts';
import { openSources } from '../../src/sources/open.ts';
import { type Folder, temporaryFolder } from '../sources/folder.ts';

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const good = (at: number, more = ''): string =>
  `{"time":"2026-01-01T00:00:00+00:00","msec":"${1_767_225_600 + at}.000","remote_addr":"10.0.0.1","credential":"billing",` +
  `"method":"GET","uri":"/v1/orders/${at}","args":"","status":200,"body_bytes_sent":10,"request_time":"0.001",` +
  `"user_agent":"agent/1"${more}}`;

interface Result {
  readonly merge: Merge;
  readonly events: number;
  readonly letters: DeadLetter[];
  readonly warnings: string[];
}

const scan = async (...names: string[]): Promise<Result> => {
  const letters: DeadLetter[] = [];
  const warnings: string[] = [];
  const sources = await openSources(names, { stdin: Readable.from([]) });
  const lanes = sources.map(
    (source) =>
      new Lane(source, {
        detect: (lines) => detectFormat(lines, formats),
        formatById,
        context: { redactor: createRedactor(Buffer.alloc(32, 1)) },
        onDeadLetter: (letter) => letters.push(letter),
        onWarning: (text) => warnings.push(text),
      }),
  );
  const merge = new Merge(lanes);
  let events = 0;
  for await (const batch of merge.batches()) events += batch.length;
  return { merge, events, letters, warnings };
};

test('a hostile file is read to its end, and each bad record is a dead letter with its reason', async () => {
  const secret = 'password=Tr0ub4dor-and-3-more';
  const lines: (string | Buffer)[] = [
    `\ufeff${good(0)}\r`,
    'x'.repeat(10_000_000),
    good(1),
    Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
    '['.repeat(100_000) + ']'.repeat(100_000),
    good(2, ',"__proto__":{"status":500},"constructor":{"prototype":{"polluted":1}}'),
    '{"__proto__":{"time":1}}',
    '\u0000\u0000\u0000',
    good(3, ',"note":"a\\u0000b"'),
    `{"msec":"0.000",${good(4)
      .slice(1)
      .replace(/"msec":"[^"]*",/, '')}`,
    good(0).replace('1767225600.000', '32472144000.000'),
    `{"half": "${secret}`,
    '',
    good(5),
  ];
  const bytes = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));
  for (const path of [folder.write('hostile.log', bytes), folder.write('hostile.log.gz', gzipSync(bytes))]) {
    const { merge, events, letters } = await scan(path);
    expect(events).toBe(5);
    expect(letters.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['too-long', 'invalid-json']));
    expect(letters.filter(({ reason }) => reason === 'timestamp-out-of-range').length).toBeGreaterThanOrEqual(1);
    expect(letters).toHaveLength(8);
    const { counts } = merge;
    expect(Object.values(counts.deadLetters).reduce((sum, count) => sum + count)).toBe(8);
    expect(counts.records).toBe(13);
    expect(JSON.stringify(letters)).not.toContain('Tr0ub4dor');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    for (const { position, length, source } of letters) {
      expect(source).toBe(path);
      expect(bytes.subarray(position, position + length).includes(10)).toBe(false);
    }
  }
});

test('a folder, an empty file and half a gzip are counted or left out, and the others read', async () => {
  mkdirSync(folder.path('folder'));
  const text = Array.from({ length: 20_000 }, (_, at) => `${good(at)}\n`).join('');
  const packed = gzipSync(text);
  const { events, letters, warnings } = await scan(
    folder.path('folder'),
    folder.write('empty.log', ''),
    folder.write('half.gz', packed.subarray(0, packed.length >> 1)),
    folder.write('good.log', `${good(1)}\n`),
  );
  expect(events).toBeGreaterThan(1000);
  expect(letters.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['directory', 'truncated-gzip']));
  expect(warnings).toHaveLength(2);
});

test('a file of no known format is told of once, and each of its records is a dead letter', async () => {
  const path = folder.write('poem.txt', 'roses are red\nviolets are blue\n');
  const { letters, warnings, merge } = await scan(path);
  expect(letters.map(({ reason }) => reason)).toEqual(['unknown-format', 'unknown-format']);
  expect(warnings).toEqual([expect.stringContaining('--format')]);
  expect(merge.counts.records).toBe(2);
});

test('a first line of 20 MB hides neither the format nor the records behind it', async () => {
  const { events, letters } = await scan(folder.write('a.log', `${'x'.repeat(20_000_000)}\n${good(1)}\n${good(2)}\n`));
  expect(events).toBe(2);
  expect(letters).toMatchObject([{ reason: 'too-long', position: 0, length: 20_000_000 }]);
});

test('a thousand files that overlap in time come out in order', async () => {
  const names = Array.from({ length: 1000 }, (_, file) =>
    folder.write(`${file}.log`, Array.from({ length: 5 }, (_, at) => `${good(file + at * 100)}\n`).join('')),
  );
  const { events, merge } = await scan(...names);
  expect(events).toBe(5000);
  expect(merge.counts).toMatchObject({ reorder_overflow: 0, behind: 0, deadLetters: {} });
});

test('bytes that are no UTF-8 in a field that a client chooses hide nothing: the record is a use', async () => {
  // nginx writes the user agent so, also with escape=json.
  const [head, tail] = good(1).split('agent/1') as [string, string];
  const record = Buffer.concat([Buffer.from(head), Buffer.of(0x78, 0xff), Buffer.from(tail)]);
  const { events, letters } = await scan(folder.write('agent.log', Buffer.concat([record, Buffer.from('\n')])));
  expect(events).toBe(1);
  expect(letters).toEqual([]);
});

test('bytes that are no UTF-8 in a name do not hide that a forged line follows', async () => {
  const time = '2026-11-23 12:02:00.731 UTC';
  const session = 'client=10.4.1.7,session=6b042b38';
  const bytes = Buffer.concat([
    Buffer.from(`${time} [1] LOG:  starting PostgreSQL 15.4\n${time} [99] [user=`),
    Buffer.of(0xff, 10),
    Buffer.from(
      `${time} [17] [user=victim,db=d,app=,client=,session=6b042b38.11] LOG:  AUDIT: S,1,1,R,X,,,,,app=[unknown],`,
    ),
    Buffer.from(`${session}.63] FATAL:  password authentication failed for user "x"\n`),
  ]);
  const { events, letters } = await scan(folder.write('postgresql.log', bytes));
  expect(events).toBe(0);
  expect(letters.map(({ reason }) => reason)).toEqual(['unclosed-prefix', 'unclosed-prefix']);
});
