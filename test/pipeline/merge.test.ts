import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Merge, type SavedMerge, savedPositions } from '../../src/pipeline/merge.ts';
import type { OrderedUse } from '../../src/pipeline/ordered.ts';
import type { DeadLetter } from '../../src/sources/dead-letter.ts';
import { BytesSource, collect, mergeOf, shown, T0, type TestLanes, testLanes } from './lines.ts';

const MINUTE = 60_000;

/** Sorted times with ties, gaps and, now and then, equal records. */
const sortedRecords = fc
  .array(fc.tuple(fc.constantFrom(0, 0, 1, 50, 1000, 90_000, 600_000), fc.constantFrom('a', 'b', 'c')), {
    minLength: 1,
    maxLength: 120,
  })
  .map((steps) => {
    let time = T0;
    return steps.map(([step, action]) => {
      time += step;
      return `${time} ${action}`;
    });
  });

/** Each record goes to one of up to four files, which keeps the order within each. */
const split = (records: readonly string[], choices: readonly number[]): string[] => {
  const files: string[][] = [[], [], [], []];
  records.forEach((record, at) => {
    files[(choices[at % choices.length] ?? 0) % files.length]?.push(record);
  });
  return files.map((file) => file.map((record) => `${record}\n`).join(''));
};

const sourcesOf = (files: readonly string[], size: number): BytesSource[] =>
  files.map((file, at) => new BytesSource(`file-${at}`, file, size));

const choices = fc.array(fc.nat(3), { minLength: 1, maxLength: 40 });
const sizes = fc.constantFrom(1, 3, 17, 64, 1000, 100_000);

const timesOf = (events: readonly string[]): number[] => events.map((event) => Number(event.split(' ')[0]));

describe('the order of the stream', () => {
  test('is by time, then by id, with equal records numbered', async () => {
    const events = await collect(
      mergeOf([
        new BytesSource('one', `${T0 + 5} x\n${T0 + 7} x\n`),
        new BytesSource('two', `${T0} y\n${T0 + 5} x\n${T0 + 5} z\n`),
      ]),
    );
    expect(timesOf(events)).toEqual([0, 5, 5, 5, 7]);
    const ids = events.map((event) => event.split(' ')[3] ?? '');
    expect(new Set(ids).size).toBe(5);
    const [first, second] = ids.slice(1, 4).filter((id) => events.some((event) => event.includes(` x ${id}`)));
    expect(second).toBe(`${first}-2`);
  });

  test('depends neither on how records lie in files, nor on chunks, nor on the order of the files', async () => {
    await fc.assert(
      fc.asyncProperty(sortedRecords, choices, sizes, sizes, async (records, choice, sizeA, sizeB) => {
        const whole = await collect(mergeOf(sourcesOf([records.map((record) => `${record}\n`).join('')], sizeA)));
        const files = split(records, choice);
        expect(await collect(mergeOf(sourcesOf(files, sizeB)))).toEqual(whole);
        expect(await collect(mergeOf(sourcesOf(files, sizeA).reverse(), {}, testLanes('found')))).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  test('sorts what is out of order by up to two minutes within a file, and calls none of it late', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(10 * MINUTE), { minLength: 1, maxLength: 100 }),
        sizes,
        async (offsets, size) => {
          // A record comes when its time plus its own delay has passed.
          const arrivals = offsets.map((time, at) => ({ time, arrives: time + ((at * 7919) % (2 * MINUTE)) }));
          arrivals.sort((a, b) => a.arrives - b.arrives);
          const text = arrivals.map(({ time }) => `${T0 + time} a\n`).join('');
          const events = await collect(mergeOf(sourcesOf([text], size)));
          expect(timesOf(events)).toEqual([...offsets].sort((a, b) => a - b));
          expect(events.filter((event) => event.endsWith('late'))).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('never goes back, and files what is more than two minutes late at the edge of what may still come', async () => {
    const text = [0, 10, 5, 20].map((minute) => `${T0 + minute * MINUTE} m${minute}\n`).join('');
    const events = await collect(mergeOf(sourcesOf([text], 9)));
    expect(timesOf(events)).toEqual([0, 8, 10, 20].map((minute) => minute * MINUTE));
    expect(events.filter((event) => event.endsWith('late'))).toEqual([expect.stringContaining(' m5 ')]);
  });

  test('does not let a late record of one file depend on the other files', async () => {
    const late = `${T0} a\n${T0 + 10 * MINUTE} b\n${T0 + MINUTE} c\n${T0 + 11 * MINUTE} d\n`;
    const other = Array.from({ length: 50 }, (_, at) => `${T0 + at * MINUTE} other\n`).join('');
    const alone = await collect(mergeOf([new BytesSource('late', late)]));
    const both = await collect(mergeOf([new BytesSource('other', other, 11), new BytesSource('late', late, 7)]));
    expect(both.filter((event) => !event.includes('other'))).toEqual(alone);
  });
});

const reopen = (files: readonly string[], size: number, saved: SavedMerge, lanes: TestLanes): Merge => {
  const positions = savedPositions(saved);
  const sources = files.map((file, at) => {
    const name = `file-${at}`;
    return new BytesSource(name, file, size, positions.get(name)?.offset ?? 0);
  });
  const merge = mergeOf(sources, { maxBatch: 3 }, lanes);
  merge.load(saved);
  return merge;
};

/** Stops and starts again, through JSON, after every `every` batches. */
const withRestarts = async (
  files: readonly string[],
  size: number,
  every: number,
  letters: DeadLetter[] = [],
): Promise<string[]> => {
  const all: OrderedUse[] = [];
  let lanes = testLanes();
  let merge = mergeOf(sourcesOf(files, size), { maxBatch: 3 }, lanes);
  for (let restarts = 0; restarts < 1000; restarts++) {
    let batches = 0;
    let saved: SavedMerge | undefined;
    for await (const batch of merge.batches()) {
      all.push(...batch);
      batches++;
      if (batches === every) {
        saved = merge.save();
        break;
      }
    }
    letters.push(...lanes.letters);
    if (saved === undefined) return all.map(shown);
    lanes = testLanes();
    merge = reopen(files, size, JSON.parse(JSON.stringify(saved)), lanes);
  }
  throw new Error('It never ends.');
};

describe('a restart', () => {
  test('at any batch goes on with exactly the same stream', async () => {
    await fc.assert(
      fc.asyncProperty(
        sortedRecords,
        choices,
        sizes,
        fc.integer({ min: 1, max: 4 }),
        async (records, choice, size, every) => {
          const files = split(records, choice);
          const straight = await collect(mergeOf(sourcesOf(files, size)));
          expect(await withRestarts(files, size, every)).toEqual(straight);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('keeps what is on probation, and tells of each dead letter once', async () => {
    const records = Array.from({ length: 40 }, (_, at) => `${T0 + at * MINUTE} a${at}`);
    records.splice(20, 0, 'no line at all', `${Date.UTC(2098, 0)} odd`, '# a comment');
    const text = `${records.join('\n')}\n`;
    const straight = testLanes();
    const expected = await collect(mergeOf([new BytesSource('file-0', text)], {}, straight));
    for (const size of [10, 400, 450]) {
      const letters: DeadLetter[] = [];
      expect(await withRestarts([text], size, 1, letters)).toEqual(expected);
      expect(letters).toEqual(straight.letters);
    }
  });
});

describe('times that cannot be', () => {
  const day = (records: number, extra: string, at: number): string => {
    const all = Array.from({ length: records }, (_, index) => `${T0 + index * 1000} a${index}`);
    all.splice(at, 0, extra);
    return `${all.join('\n')}\n`;
  };
  const year = (value: number): number => Date.UTC(value, 5, 1);

  test.each([
    ['1970', 0],
    ['2999', year(2999)],
  ])('%s is a dead letter at once', async (_name, time) => {
    const lanes = testLanes();
    const merge = mergeOf([new BytesSource('day', day(50, `${time} odd`, 20), 100)], {}, lanes);
    const events = await collect(merge);
    expect(events).toHaveLength(50);
    expect(merge.counts.deadLetters).toEqual({ 'timestamp-out-of-range': 1 });
    expect(lanes.letters).toMatchObject([{ source: 'day', reason: 'timestamp-out-of-range' }]);
  });

  test.each([0, 1, 700, 1998])('2098 as record %i of 2,000 is a dead letter and makes nothing late', async (at) => {
    const lanes = testLanes();
    const text = day(2000, `${year(2098)} odd`, at);
    const merge = mergeOf([new BytesSource('day', text, 1000)], {}, lanes);
    const events = await collect(merge);
    expect(events).toEqual(await collect(mergeOf([new BytesSource('day', text.replace(/.* odd\n/, ''))])));
    expect(merge.counts).toMatchObject({ records: 2001, events: 2000, deadLetters: { 'timestamp-not-reached': 1 } });
    const position = text.indexOf(`${year(2098)}`);
    expect(lanes.letters).toMatchObject([{ position, length: `${year(2098)} odd`.length }]);
  });

  test.each([
    ['falling', [2098, 2060, 2030]],
    ['rising', [2030, 2060, 2098]],
    ['the same', [2098, 2098, 2098]],
  ])('several of them together (%s) are each a dead letter and make nothing late', async (_name, years) => {
    const odd = years.map((value, at) => `${year(value)} odd${at}`).join('\n');
    for (const at of [0, 100, 2995]) {
      const merge = mergeOf([new BytesSource('day', day(3000, odd, at), 1000)]);
      const events = await collect(merge);
      expect(events).toHaveLength(3000);
      expect(events.filter((event) => event.endsWith('late'))).toEqual([]);
      expect(merge.counts.deadLetters).toEqual({ 'timestamp-not-reached': 3 });
    }
  });

  test.each([4, 50, 90])('%i forged records of 2098 in a row do not put the clock ahead', async (count) => {
    const forged = Array.from({ length: count }, (_, index) => `${year(2098) + index} odd`).join('\n');
    for (const at of [0, 1500]) {
      const merge = mergeOf([new BytesSource('day', day(3000, forged, at), 1000)]);
      const events = await collect(merge);
      expect(events.filter((event) => event.endsWith('late'))).toEqual([]);
      expect(events).toHaveLength(3000);
      expect(merge.counts.deadLetters).toEqual({ 'timestamp-not-reached': count });
    }
  });

  test('a jump that the next records reach is a night without traffic', async () => {
    const text = `${T0} a\n${T0 + 600 * MINUTE} b\n${T0 + 599 * MINUTE} c\n`;
    const merge = mergeOf([new BytesSource('night', text)]);
    expect(timesOf(await collect(merge))).toEqual([0, 599 * MINUTE, 600 * MINUTE]);
    expect(merge.counts.deadLetters).toEqual({});
  });

  const before = Array.from({ length: 200 }, (_, index) => `${T0 + index} a`);
  const again = (count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${T0 - 3 * MINUTE + (index % 60)} again`);

  test.each([1, 31, 2_000])(
    'old lines that come again behind a jump, %i of them, take nothing from it',
    async (count) => {
      const [first, ...others] = [600, 620, 640].map((minute) => `${T0 + minute * MINUTE} jump`);
      for (const records of [
        [...before, first, ...others, ...again(count)],
        [...before, first, ...again(count), ...others, ...again(count)],
      ]) {
        const merge = mergeOf([new BytesSource('night', `${records.join('\n')}\n`, 1000)]);
        const events = await collect(merge);
        expect(events).toHaveLength(records.length);
        expect(timesOf(events.filter((event) => event.includes(' jump')))).toEqual(
          [600, 620, 640].map((minute) => minute * MINUTE),
        );
        expect(merge.counts.deadLetters).toEqual({});
      }
    },
  );

  test('2098 between old lines that come again is a dead letter as soon as the log goes on', async () => {
    const goesOn = Array.from({ length: 3 }, (_, index) => `${T0 + 1_000 + index} b`);
    const records = [...before, ...again(1_000), `${year(2098)} odd`, ...again(2_000), ...goesOn];
    const merge = mergeOf([new BytesSource('day', `${records.join('\n')}\n`, 1000)]);
    expect(await collect(merge)).toHaveLength(records.length - 1);
    expect(merge.counts.deadLetters).toEqual({ 'timestamp-not-reached': 1 });
  });

  test('a jump in the very last record is believed', async () => {
    const merge = mergeOf([new BytesSource('night', `${T0} a\n${T0 + 600 * MINUTE} b\n`)]);
    expect(await collect(merge)).toHaveLength(2);
  });
});

describe('memory', () => {
  test('is bounded: beyond it the earliest leave early, which is counted and never goes back in time', async () => {
    const ahead = Array.from({ length: 3000 }, (_, at) => `${T0 + 60_000 + at} ahead\n`).join('');
    const behind = Array.from({ length: 3000 }, (_, at) => `${T0 + at} behind\n`).join('');
    const merge = mergeOf([new BytesSource('one', ahead + behind)], { maxPending: 500 });
    const events = await collect(merge);
    expect(events).toHaveLength(6000);
    const times = timesOf(events);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(merge.counts.reorder_overflow).toBeGreaterThan(0);
    expect(new Set(events.map((event) => event.split(' ')[3])).size).toBe(6000);
  });
});

test('a signal stops it between two batches', async () => {
  const stop = new AbortController();
  const text = Array.from({ length: 5000 }, (_, at) => `${T0 + at * 1000} a\n`).join('');
  const merge = mergeOf([new BytesSource('one', text, 500)], { signal: stop.signal, maxBatch: 10 });
  let batches = 0;
  for await (const _batch of merge.batches()) {
    batches++;
    stop.abort();
  }
  expect(batches).toBe(1);
});
