import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_RECORD } from '../../src/sources/framing.ts';
import { JsonFramer } from '../../src/sources/json-framer.ts';

interface Cut {
  readonly records: string[];
  /** Where each record stood. */
  readonly positions: number[];
  readonly tooLong: number[];
}

/** What comes out of a text that arrives in pieces of this many bytes. */
const cut = (text: string, size = text.length, from = 0): Cut => {
  const [records, positions, tooLong]: [string[], number[], number[]] = [[], [], []];
  const add = (bytes: Buffer, start: number, end: number, position: number): void => {
    records.push(bytes.toString('utf8', start, end));
    positions.push(position);
  };
  const sink = {
    record: add,
    unusable: (_reason: string, bytes: Buffer, start: number, end: number, position: number) =>
      add(bytes, start, end, position),
    tooLong: ({ length }: { length: number }) => tooLong.push(length),
  };
  const bytes = Buffer.from(text).subarray(from);
  const framer = new JsonFramer(sink, from, from > 0);
  for (let at = 0; at < bytes.length; at += size) framer.push(Buffer.from(bytes.subarray(at, at + size)));
  framer.end();
  return { records, positions, tooLong };
};

const A = '{"a":1}';
const B = '{"b":"]}\\"{,"}';

describe('records of JSON', () => {
  it.each([
    ['lines', `${A}\n${B}\n`, [A, B]],
    ['lines without a last line end, with CRLF', `${A}\r\n${B}`, [A, B]],
    ['an array', `[${A},${B}]`, [A, B]],
    ['an array a line, as gateways send batches', `[${A},${B}]\n[${B}]\n`, [A, B, B]],
    ['an array that is written out over lines', `[\n  ${A},\n  ${B}\n]\n`, [A, B]],
    ['lines and batches', `${A}\n[${A},${B}]\n${B}\n`, [A, A, B, B]],
    ['a file of CloudTrail', `{"Records":[${A},${B}]}`, [A, B]],
    ['the same over lines', `{\n  "Records": [\n ${A},\n${B}\n ]\n}\n`, [A, B]],
    ['a CloudWatch subscription', `{"messageType":"DATA_MESSAGE","logEvents":[${A}],"owner":"1"}\n`, [A]],
    ['several of them without line ends', `{"owner":"1","logEvents":[${A}]}{"owner":"1","logEvents":[${B}]}`, [A, B]],
    ['objects without line ends', `${A}${B}${A}`, [A, B, A]],
    ['one object over lines', '{\n "a": {\n "b": [1, 2]\n}\n}\n', ['{\n "a": {\n "b": [1, 2]\n}\n}']],
    ['an empty array', '{"Records":[]}\n', []],
    [
      'a record that has a field of that name',
      '{"Records":[{"a":1}],"user":"x"}\n',
      ['{"Records":[{"a":1}],"user":"x"}'],
    ],
    ['a record that has an array of texts of that name', '{"records":["a"]}\n', ['{"records":["a"]}']],
    ['a list of items that is no list of events', '{"items":[{"a":1}]}\n', ['{"items":[{"a":1}]}']],
    ['a byte order mark', `\ufeff[${A}]`, [A]],
  ])('%s', (_what, text, records) => {
    for (const size of [1, 2, 3, 7, text.length]) expect(cut(text, size).records).toEqual(records);
  });

  it.each([
    ['a torn first line', `{"a":"x\n${A}\n`, ['{"a":"x', A]],
    ['a torn first line that ends behind a comma', `{"a":1,\n${A}\n`, ['{"a":1,', A]],
    ['a torn line', `${A}\n{"a":\n${B}\n`, [A, '{"a":', B]],
    ['two objects on a line, the second of which a client may have written', `${A}\n${A},${B}\n`, [A, `${A},${B}`]],
    ['the same on the first line', `${A},${B}\n${A}\n`, [`${A},${B}`, A]],
    ['a batch that was cut off', `[${A},{"b":`, [A, '{"b":']],
    ['a batch that was cut off, and then lines', `[${A},{"b":\n${A}\n`, [A, '{"b":', A]],
    ['an element that is no object', `[${A},7,"x"]\n`, [A, '7', '"x"']],
    ['text', 'no JSON\n[also none\n', ['no JSON', '[also none']],
  ])('%s loses nothing else', (_what, text, records) => {
    for (const size of [1, 2, 5, text.length]) expect(cut(text, size).records).toEqual(records);
  });

  it('says of each element where it stands', () => {
    const text = `{"Records":[${A}, ${B},\n${A}]}\n${B}\n`;
    const { records, positions } = cut(text, 4);
    expect(records.map((record, at) => text.slice(positions[at], (positions[at] ?? 0) + record.length))).toEqual(
      records,
    );
  });

  it('goes on after a restart at any element', () => {
    const text = `{"Records":[${A},${B}, ${A}],"x":[1]}\n${B}\n`;
    const whole = cut(text);
    for (const [at, position] of whole.positions.entries())
      expect(cut(text, 6, position).records).toEqual(whole.records.slice(at));
  });

  it('holds no more than a record of an array of any size', () => {
    const element = `{"a":"${'x'.repeat(1000)}"}`;
    const count = Math.ceil((MAX_RECORD * 3) / element.length);
    const { records } = cut(`{"Records":[${Array.from({ length: count }, () => element).join(',')}]}`, 65_536);
    expect(records).toHaveLength(count);
  });

  it('reports an element that is too long, and reads the others', () => {
    const long = `{"a":"${'x'.repeat(MAX_RECORD)}"}`;
    const { records, tooLong } = cut(`[${A},${long},${B}]\n${A}\n`, 65_536);
    expect(records).toEqual([A, B, A]);
    expect(tooLong).toEqual([long.length]);
  });

  it('gives the same whatever the pieces, and loses no byte of lines', () => {
    const part = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '\n',
      ' ',
      'a',
      '1',
      A,
      '"Records":',
      '{"Records":[',
      '[{',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (parts, size) => {
        const text = parts.join('');
        const whole = cut(text);
        expect(cut(text, size)).toEqual(whole);
        for (const [at, record] of whole.records.entries())
          expect(text.slice(whole.positions[at]).startsWith(record)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
