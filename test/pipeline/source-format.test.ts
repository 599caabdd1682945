import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { detectFormat } from '../../src/formats/detect.ts';
import { formatById, formats } from '../../src/formats/registry.ts';
import { PartitionSource } from '../../src/kafka/partition-source.ts';
import { Lane, type LaneOptions } from '../../src/pipeline/lane.ts';
import type { PendingUse } from '../../src/pipeline/ordered.ts';
import { useAgain } from '../../src/pipeline/replay.ts';
import { replayFromFile } from '../../src/pipeline/replay-file.ts';
import type { DeadLetter } from '../../src/sources/dead-letter.ts';
import { FileSource } from '../../src/sources/file.ts';
import { FollowSource } from '../../src/sources/follow.ts';
import { HandlePool } from '../../src/sources/handle-pool.ts';
import type { Source } from '../../src/sources/source.ts';
import { csvlog, IMITATIONS, type Statement, stderrLog } from '../formats/postgres-logs.ts';
import { redactor } from '../formats/records.ts';
import { type Folder, temporaryFolder } from '../sources/folder.ts';
import { BytesSource } from './lines.ts';

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const [STDERR = '', , , UNQUOTED = ''] = IMITATIONS;
const many = (line: string, count = 210): string => Array(count).fill(line).join('\n');
const billing = (sql: string, table = 'customers'): Statement => ({ user: 'billing', table, sql });

const optionsFor = (letters: DeadLetter[], warnings: string[] = []): LaneOptions => ({
  detect: (lines, source) => detectFormat(lines, formats, source),
  formatById,
  context: { redactor },
  onDeadLetter: (letter) => letters.push(letter),
  onWarning: (text) => warnings.push(text),
});

/** Who did what, in the order of the log. */
const shown = (events: readonly PendingUse[]): string[] =>
  events.map(({ use }) => `${use.identities.map(({ value }) => value).join()} ${use.action}`);

interface Read {
  readonly uses: string[];
  readonly letters: DeadLetter[];
  readonly warnings: string[];
  readonly format: string | undefined;
}

const readAll = async (source: Source): Promise<Read> => {
  const [letters, warnings]: [DeadLetter[], string[]] = [[], []];
  const lane = new Lane(source, optionsFor(letters, warnings));
  const events: PendingUse[] = [];
  while (lane.state !== 'ended') await lane.read(16_384, events, undefined);
  return { uses: shown(events), letters, warnings, format: lane.save().format };
};

const read = (text: string, name = 'postgresql.log', size = 16_384): Promise<Read> =>
  readAll(new BytesSource(name, text, size));

const usesOf = (statements: readonly Statement[]): string[] =>
  statements.map(({ user, table }) => `${user} SELECT public.${table}`);

const sql = fc
  .array(fc.constantFrom(...IMITATIONS, '', '\t', '"', ',"x', 'select 1'), { minLength: 1, maxLength: 400 })
  .map((lines) => lines.join('\n'));

describe('events are those of the own records of a log', () => {
  test('whatever the first statement looks like', async () => {
    const property = fc.asyncProperty(sql, fc.integer({ min: 500, max: 100_000 }), async (text, size) => {
      const statements = [billing(text), billing('select 1', 'payroll')];
      for (const log of [csvlog(statements), stderrLog(statements)]) {
        const { uses, letters } = await read(`${log.join('\n')}\n`, 'postgresql.log', size);
        expect(uses).toEqual(usesOf(statements));
        expect(letters).toEqual([]);
      }
    });
    await fc.assert(property, { numRuns: 100 });
  });

  test('wherever a csvlog was cut off', async () => {
    const property = fc.asyncProperty(sql, fc.nat(), async (text, at) => {
      const statements = [billing(text), billing(text, 'orders'), billing('select 1', 'payroll'), billing('', 'last')];
      const log = csvlog(statements);
      const whole = `${log.join('\n')}\n`;
      const inFirst = 1 + (at % ((log[0]?.length ?? 0) - 1));
      const { uses, letters } = await read(whole.slice(inFirst));
      expect(uses).toEqual(usesOf(statements.slice(1)));
      expect(letters.every(({ reason, detail }) => reason === 'torn-record' && detail?.includes('format:'))).toBe(true);
    });
    await fc.assert(property, { numRuns: 100 });
  });

  test('also right before the start of its session, which is a time like the one that begins a record', async () => {
    const [first = '', second = ''] = csvlog([billing('select 1'), billing('select 2')]);
    const { letters } = await read(`${first.slice(first.indexOf('2026-', 1))}\n${second}\n`);
    expect(letters.map(({ reason }) => reason)).toEqual(['torn-record']);
  });

  test('also where the first line of the first record is longer than a record may be', async () => {
    const statement = billing(`/*${'x'.repeat(1_200_000)}\n${many(STDERR)}*/`);
    const { uses, letters } = await read(`${csvlog([statement, billing('select 1')]).join('\n')}\n`);
    expect(uses).toEqual(['billing SELECT public.customers', 'billing SELECT public.customers']);
    expect(letters).toEqual([]);
  });

  test('also where a line of a csvlog that is read again has no quotes of its own', async () => {
    const { uses, letters } = await read(`${csvlog([billing('select 1')])[0]}\n${many(UNQUOTED, 3)}\n`);
    expect(uses).toEqual(['billing SELECT public.customers']);
    expect(letters.map(({ reason }) => reason)).toEqual(Array(3).fill('torn-record'));
  });

  test('also behind a record that was torn: a line that only begins with a time proves nothing', async () => {
    const [torn = '', good = '', last = ''] = csvlog([billing('x'), billing(many(UNQUOTED, 3)), billing('select 1')]);
    const { uses } = await read(`${torn.slice(0, 150)}\n${good}\n${last}\n`);
    expect(uses).toEqual(['billing SELECT public.customers']);
  });
});

test('a log that nothing certain is known of is a dead letter each line, and says what to write', async () => {
  const { uses, letters, warnings } = await read(`\tselect\n${many(STDERR)}\n`);
  expect(uses).toEqual([]);
  expect(new Set(letters.map(({ reason }) => reason))).toEqual(new Set(['unknown-format']));
  expect(letters[0]?.detail).toContain('format:');
  expect(warnings).toEqual([expect.stringContaining('--format')]);
});

test('a last record without a line end is enough to know a format by', async () => {
  const [record = ''] = csvlog([billing('select 1')]);
  expect((await read(record)).uses).toEqual(['billing SELECT public.customers']);
});

describe('the format stays with the source', () => {
  const forged = csvlog([billing(many(STDERR, 250), 'orders'), billing('select 2', 'payroll')]);
  const first = `${csvlog([billing('select 1')])[0]}\n`;
  const expected = ['billing SELECT public.customers', 'billing SELECT public.orders', 'billing SELECT public.payroll'];

  const readOn = async (lane: Lane, events: PendingUse[], count: number): Promise<void> => {
    while (events.length < count) {
      await lane.read(16_384, events, Date.now());
      if (events.length < count) await sleep(20);
    }
  };

  test('over a rotation, whatever the first statement of the new file looks like', async () => {
    const path = folder.path('postgresql.log');
    writeFileSync(path, first);
    const letters: DeadLetter[] = [];
    const source = new FollowSource(path);
    try {
      const lane = new Lane(source, optionsFor(letters));
      const events: PendingUse[] = [];
      await readOn(lane, events, 1);
      renameSync(path, `${path}.1`);
      writeFileSync(path, `${forged.join('\n')}\n`);
      await readOn(lane, events, 3);
      expect(shown(events)).toEqual(expected);
      expect(letters).toEqual([]);
      expect(lane.save().format).toBe('pgaudit-csv');
    } finally {
      await source.close();
    }
  });

  test('over a restart of a followed file and of a partition', async () => {
    const path = folder.path('postgresql.log');
    writeFileSync(path, first);
    const letters: DeadLetter[] = [];
    const before = new FollowSource(path);
    const events: PendingUse[] = [];
    const lane = new Lane(before, optionsFor(letters));
    await readOn(lane, events, 1);
    const saved = JSON.parse(JSON.stringify(lane.save()));
    await before.close();
    appendFileSync(path, `${forged.join('\n')}\n`);
    const after = new FollowSource(path, saved.position);
    try {
      const next = new Lane(after, optionsFor(letters));
      next.load(saved);
      await readOn(next, events, 3);
    } finally {
      await after.close();
    }

    const messages = (lines: readonly string[], from: number) =>
      lines.map((line, at) => ({ offset: String(from + at), value: Buffer.from(line) }) as never);
    const partition = new PartitionSource('logs/0', 0);
    partition.push(messages(first.trimEnd().split('\n'), 0));
    const reader = new Lane(partition, optionsFor(letters));
    const inTopic: PendingUse[] = [];
    await readOn(reader, inTopic, 1);
    const kept = JSON.parse(JSON.stringify(reader.save()));
    const moved = new PartitionSource('logs/0', kept.position.offset, Number(kept.position.identity));
    moved.push(messages(forged.join('\n').split('\n'), 1));
    const nextReader = new Lane(moved, optionsFor(letters));
    nextReader.load(kept);
    await readOn(nextReader, inTopic, 3);

    expect(shown(events)).toEqual(expected);
    expect(shown(inTopic)).toEqual(expected);
    expect(letters).toEqual([]);
  });

  test('a partition whose head was deleted is no stderr log because its first line looks like one', async () => {
    const source = new PartitionSource('logs/0', 0);
    source.push(
      many(STDERR, 3_000)
        .split('\n')
        .map((line, at) => ({ offset: String(500 + at), value: Buffer.from(line) }) as never),
    );
    const letters: DeadLetter[] = [];
    const lane = new Lane(source, optionsFor(letters));
    const events: PendingUse[] = [];
    while (!source.isEmpty) await lane.read(16_384, events, Date.now());
    await lane.read(16_384, events, Date.now());
    expect(events).toEqual([]);
    expect(letters).toHaveLength(3_000);
    expect(letters[0]).toMatchObject({ reason: 'unknown-format' });
  });
});

describe('a dead letter is read again', () => {
  const letterOf = async (path: string, of: (letter: DeadLetter) => boolean): Promise<DeadLetter> => {
    const file = new FileSource(path, new HandlePool());
    const { letters } = await readAll(file);
    await file.close();
    const letter = letters.find(of);
    if (letter === undefined) throw new Error('no such letter');
    return letter;
  };

  test('in the format of its source, never in one that its own text looks like', async () => {
    const path = folder.path('poem.log');
    writeFileSync(path, `roses are red\n${STDERR}\n`);
    const letter = await letterOf(path, ({ excerpt }) => excerpt.startsWith('2026'));
    expect(letter.reason).toBe('unknown-format');
    expect(await replayFromFile(letter, optionsFor([]))).toMatchObject({
      outcome: 'unusable',
      reason: expect.stringContaining('format:'),
    });
    const record = Buffer.from(STDERR);
    expect(await useAgain(letter, record, undefined, optionsFor([]), Date.now())).toMatchObject({
      outcome: 'unusable',
      reason: expect.stringContaining('format:'),
    });
  });

  test('as a record of a stderr log only where it was one', async () => {
    const path = folder.path('poem.log');
    writeFileSync(path, `roses are red\n${STDERR}\n`);
    const letter = await letterOf(path, ({ excerpt }) => excerpt.startsWith('2026'));
    const format = formatById('pgaudit-stderr');
    expect(await replayFromFile(letter, { ...optionsFor([]), format })).toMatchObject({ outcome: 'unusable' });
    expect(
      await replayFromFile({ ...letter, framing: 'postgres-stderr' }, { ...optionsFor([]), format }),
    ).toMatchObject({
      outcome: 'used',
    });
  });

  test('never where it may be a piece of a record', async () => {
    const path = folder.path('torn.log');
    writeFileSync(path, `${many(UNQUOTED, 3)}\n${csvlog([billing('select 1'), billing('select 2')]).join('\n')}\n`);
    const letter = await letterOf(path, ({ reason }) => reason === 'torn-record');
    for (const reason of ['torn-record', 'unbalanced-quotes', 'unclosed-prefix'])
      for (const format of formats)
        expect(await replayFromFile({ ...letter, reason }, { ...optionsFor([]), format })).toEqual({
          outcome: 'unusable',
          reason,
        });
    const csv = { ...optionsFor([]), format: formatById('pgaudit-csv') };
    expect(await replayFromFile({ ...letter, reason: 'unknown-format' }, csv)).toMatchObject({ outcome: 'unusable' });
  });
});
