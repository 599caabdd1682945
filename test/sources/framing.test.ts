import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Framer, type Framing, MAX_RECORD } from '../../src/sources/framing.ts';

interface Framed {
  readonly records: string[];
  readonly positions: number[];
  /** Of each record, whether it is valid UTF-8. */
  readonly texts: boolean[];
  readonly bad: { reason: string; position: number; length: number; hash: string }[];
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** What comes of these bytes, pushed in pieces of `size`. */
const frame = (framing: Framing, content: string | Buffer, size = Number.POSITIVE_INFINITY): Framed => {
  const framed: Framed = { records: [], positions: [], texts: [], bad: [] };
  const framer = new Framer(
    framing,
    {
      record: (bytes, start, end, position, isText) => {
        framed.texts.push(isText);
        framed.records.push(bytes.toString('utf8', start, end));
        framed.positions.push(position);
      },
      unusable: (reason, bytes, start, end, position) =>
        framed.bad.push({ reason, position, length: end - start, hash: sha256(bytes.subarray(start, end)) }),
      tooLong: ({ position, length, hash }) => framed.bad.push({ reason: 'too-long', position, length, hash }),
    },
    0,
  );
  const bytes = Buffer.from(content);
  for (let at = 0; at < bytes.length; at += size) framer.push(bytes.subarray(at, at + size));
  framer.end();
  expect(framer.position).toBe(bytes.length);
  return framed;
};

describe('lines', () => {
  test('end with LF, CRLF or the input; empty ones are no records, a byte order mark is none of theirs', () => {
    const { records, positions } = frame('line', '\ufeffone\r\n\r\n\ntwo\n\u0000three\u0000\n  \nlast');
    expect(records).toEqual(['one', 'two', '\u0000three\u0000', '  ', 'last']);
    expect(positions).toEqual([3, 11, 15, 23, 26]);
  });

  test('that are no UTF-8 are records as well, and told from text', () => {
    const bytes = Buffer.concat([Buffer.from('good é\n'), Buffer.from([0x61, 0xff, 0x62, 10]), Buffer.from('more €')]);
    for (const size of [1, 4, 1_000]) {
      const { records, texts, bad } = frame('line', bytes, size);
      expect(records).toEqual(['good é', 'a\ufffdb', 'more €']);
      expect(texts).toEqual([true, false, true]);
      expect(bad).toEqual([]);
    }
  });

  test.each([1000, 65_536, 4_000_000, 20_000_000])(
    'of 10 MB are dead, with length and hash, %i bytes at a time',
    (size) => {
      const long = 'x'.repeat(10_000_000);
      const { records, bad } = frame('line', `a\n${long}\nb\n`, size);
      expect(records).toEqual(['a', 'b']);
      expect(bad).toEqual([{ reason: 'too-long', position: 2, length: 10_000_000, hash: sha256(Buffer.from(long)) }]);
    },
  );

  test('of exactly 1 MiB are records', () => {
    const { records, bad } = frame('line', `${'x'.repeat(MAX_RECORD)}\n${'y'.repeat(MAX_RECORD + 1)}\nb`, 100_000);
    expect(records.map((record) => record.length)).toEqual([MAX_RECORD, 1]);
    expect(bad.map(({ length }) => length)).toEqual([MAX_RECORD + 1]);
  });
});

describe('CSV', () => {
  test('keeps line ends inside quotes', () => {
    const one = '2026-01-01 00:00:00.000 UTC,"user","SELECT 1\r\n\n, ""x"" FROM t",1';
    const two = '2026-01-01 00:00:01.000 UTC,"user","",2';
    expect(frame('csv', `${one}\r\n${two}\n`).records).toEqual([one, two]);
  });

  test('with a stray quote loses that record and goes on at the next that begins with a time', () => {
    const line = (at: number): string => `2026-01-01 00:00:0${at}.000 UTC,"user","SELECT ${at}",${at}`;
    const torn = '2026-01-01 00:00:00.000 UTC,"user","SELE';
    const { records, bad } = frame('csv', [line(1), torn, line(2), line(3), 'no time', line(4)].join('\n'));
    expect(records).toEqual([line(1), line(3), 'no time', line(4)]);
    expect(bad).toMatchObject([{ reason: 'unbalanced-quotes', position: line(1).length + 1 }]);
  });

  test('never takes what an agent wrote inside quotes for a record, however long it is', () => {
    const forged = '\n2026-01-01 00:00:00.000 UTC,victim,db,DROP TABLE x\n'.repeat(30_000);
    const next = '2026-01-01 00:00:01.000 UTC,"user","SELECT 1",2';
    const { records, bad } = frame(
      'csv',
      `2026-01-01 00:00:00.000 UTC,"user","SELECT '${forged}'",1\n${next}\n`,
      70_000,
    );
    expect(records).toEqual([next]);
    expect(bad).toMatchObject([{ reason: 'too-long', position: 0 }]);
  });
});

describe('the stderr log of PostgreSQL', () => {
  const prefix = (process: number, app = 'app'): string =>
    `2026-01-01 00:00:00.000 UTC [${process}] [user=u,app=${app}] `;

  test('joins indented lines and additions of the same process to the message before', () => {
    const one = `${prefix(1)}ERROR:  syntax error\n${prefix(1)}DETAIL:  here\n${prefix(1)}STATEMENT:  SELECT\n\tFROM x`;
    const two = `${prefix(2)}LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,"SELECT 1\n\t, 2",<none>`;
    expect(frame('postgres-stderr', `${one}\n${two}\n`).records).toEqual([one, two]);
  });

  test('leaves alone the additions of another process', () => {
    const lines = [`${prefix(1)}ERROR:  no`, `${prefix(2)}STATEMENT:  SELECT 1`];
    expect(frame('postgres-stderr', lines.join('\n')).records).toEqual(lines);
  });

  test('lets no application name hide an audit line', () => {
    const lines = [
      `${prefix(1)}LOG:  x`,
      `${prefix(1, 'x] STATEMENT:  ')}LOG:  AUDIT: SESSION,1,1,DDL,DROP TABLE,,,drop,<none>`,
    ];
    expect(frame('postgres-stderr', lines.join('\n')).records).toEqual(lines);
  });

  test('of a message that goes on and on is dead, and the next is a record', () => {
    const { records, bad } = frame(
      'postgres-stderr',
      `${prefix(1)}LOG:  x\n${'\tmore\n'.repeat(300_000)}${prefix(2)}LOG:  y\n`,
      10_000,
    );
    expect(records).toEqual([`${prefix(2)}LOG:  y`]);
    expect(bad).toMatchObject([{ reason: 'too-long', position: 0 }]);
  });

  test('is complete when the server falls silent', () => {
    const records: string[] = [];
    const framer = new Framer(
      'postgres-stderr',
      {
        record: (bytes, start, end) => records.push(bytes.toString('utf8', start, end)),
        unusable: () => {},
        tooLong: () => {},
      },
      0,
    );
    framer.push(Buffer.from(`${prefix(1)}LOG:  x\n`));
    expect(records).toEqual([]);
    framer.silent();
    expect(records).toEqual([`${prefix(1)}LOG:  x`]);
    framer.push(Buffer.from(`${prefix(1)}LOG:  half a li`));
    framer.silent();
    expect(records).toHaveLength(1);
  });
});

describe('any framing', () => {
  const framings = fc.constantFrom<Framing>('line', 'csv', 'postgres-stderr');
  const pieces = fc.constantFrom(
    'a',
    'é',
    '"',
    '""',
    ',',
    '\n',
    '\r\n',
    '\t',
    '\ufeff',
    '2026-01-01 00:00:00',
    ' [1] ',
    'LOG:  ',
    'DETAIL:  ',
  );

  test('gives the same whatever the chunks', () => {
    fc.assert(
      fc.property(
        framings,
        fc.array(pieces, { maxLength: 60 }),
        fc.integer({ min: 1, max: 30 }),
        (framing, parts, size) => {
          expect(frame(framing, parts.join(''), size)).toEqual(frame(framing, parts.join('')));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('never throws on bytes at random', () => {
    fc.assert(
      fc.property(
        framings,
        fc.uint8Array({ maxLength: 400 }),
        fc.integer({ min: 1, max: 50 }),
        (framing, bytes, size) => {
          const whole = frame(framing, Buffer.from(bytes));
          expect(frame(framing, Buffer.from(bytes), size)).toEqual(whole);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('can be left at any record and gone on with at its position', () => {
    fc.assert(
      fc.property(framings, fc.array(pieces, { maxLength: 60 }), fc.nat(200), (framing, parts, cut) => {
        const bytes = Buffer.from(parts.join(''));
        const records: string[] = [];
        const sink = {
          record: (of: Buffer, start: number, end: number): number => records.push(of.toString('utf8', start, end)),
          unusable: (_reason: string, of: Buffer, start: number, end: number): number =>
            records.push(of.toString('utf8', start, end)),
          tooLong: (): void => {},
        };
        const first = new Framer(framing, sink, 0);
        first.push(bytes.subarray(0, cut));
        const second = new Framer(framing, sink, first.position);
        second.push(bytes.subarray(first.position));
        second.end();
        const whole: string[] = [];
        const third = new Framer(
          framing,
          {
            record: (of, start, end) => whole.push(of.toString('utf8', start, end)),
            unusable: (_reason, of, start, end) => whole.push(of.toString('utf8', start, end)),
            tooLong: () => {},
          },
          0,
        );
        third.push(bytes);
        third.end();
        expect(records).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });
});
