import { choice, integer, type Random } from '../../src/simulate/random.ts';

/** A record as it would be changed by somebody who wants to break its parser. Texts are bytes: a character for each. */
export type Mutator = (record: string, random: Random, other: string) => string;

const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');
const place = (text: string, random: Random): number => integer(random, 0, text.length);
const put = (text: string, at: number, what: string, instead = 0): string =>
  text.slice(0, at) + what + text.slice(at + instead);

/** Writes one of these at some places. */
const sown =
  (most: number, ...pieces: readonly string[]): Mutator =>
  (record, random) => {
    let text = record;
    for (let left = integer(random, 1, most); left > 0; left--)
      text = put(text, place(text, random), choice(random, pieces), integer(random, 0, 2));
    return text;
  };

/** Writes something in place of one of the values: strings, numbers, or whatever stands between spaces and commas. */
const VALUE = /"(?:[^"\\]|\\.)*"|[^\s,:"{}[\]]+/g;
const changedValue =
  (write: (value: string, random: Random) => string): Mutator =>
  (record, random) => {
    const values = [...record.matchAll(VALUE)];
    if (values.length === 0) return record;
    const { index, 0: value } = choice(random, values);
    return put(record, index, write(value, random), value.length);
  };

const LENGTHS = [100, 1_000, 9_000, 40_000];
const INVALID = ['\xff', '\xc3', '\xe2\x82', '\xed\xa0\x80', '\xf5\x80\x80\x80', '\xc0\xaf', '\x80\x80\x80'];
const MARKS = ['\u202e', '\u2066', '\u200b', '\ufeff', '\u00ad', '\u2028'].map(bytesOf);
const TERMINAL = ['\x1b[31m', '\x1b]0;x\x07', '\x1b[2J', '\x9b1m', '\x08\x08'];
const WORDS = [
  ...['__proto__', 'constructor', 'null', 'AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.x,SELECT,<none>,1'],
  ...['%ff%00', '$$', '/*', '--', '\\u0000', '\\', "'", '"', '{', '[', ',', '{"a":', '$(x)', '%s%n'],
];

/** By name, so that a finding says which one it was. */
export const MUTATORS: Readonly<Record<string, Mutator>> = {
  'as it is': (record) => record,
  'bytes flipped': (record, random) => {
    const bytes = Buffer.from(record, 'latin1');
    if (bytes.length === 0) return record;
    for (let left = integer(random, 1, 5); left > 0; left--) {
      const at = integer(random, 0, bytes.length - 1);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << integer(random, 0, 7));
    }
    return bytes.toString('latin1');
  },
  'its end cut off': (record, random) => record.slice(0, place(record, random)),
  'its beginning cut off': (record, random) => record.slice(place(record, random)),
  'head of one, tail of another': (record, random, other) =>
    record.slice(0, place(record, random)) + other.slice(place(other, random)),
  'a field twice': (record, random) => {
    const fields = [...record.matchAll(/"[^"\\]*":(?:"(?:[^"\\]|\\.)*"|[\w.+-]+)/g)].map(([field]) => field);
    const field = fields.length === 0 ? record.slice(0, place(record, random)) : choice(random, fields);
    const times = integer(random, 1, 30);
    return record.startsWith('{') ? `{${`${field},`.repeat(times)}${record.slice(1)}` : field.repeat(times) + record;
  },
  'deeply nested': (record, random) => {
    const depth = integer(random, 2, 3_000);
    const [open, close] = choice(random, [['[', ']'] as const, ['{"a":', '}'] as const]);
    const nest = (inner: string) => open.repeat(depth) + inner + close.repeat(integer(random, 0, 1) * depth);
    return changedValue(nest)(record, random, '');
  },
  'a huge number': changedValue((_value, random) =>
    choice(random, ['1e999', '-1e999', '9'.repeat(400), '0x7fffffffffffffff', '18446744073709551616', '-0', '1e-400']),
  ),
  'another kind of value': changedValue((value, random) =>
    choice(random, ['null', 'true', '[]', '{}', '""', '0', `[${value}]`, `{"a":${value}}`, '-', '""""']),
  ),
  'no UTF-8': sown(4, ...INVALID),
  'NUL and other control characters': sown(4, '\0', '\0\0\0\0', '\x01', '\x7f', '\x1f', '\t', '\v'),
  'line ends inside': sown(3, '\r', '\n', '\r\n', '\n\t', '\r\r', '\\n', '\n\n'),
  'long padding': (record, random) => {
    const padding = choice(random, [' ', 'a', '%41', '\\u0041', '""', '/a', '&a=', '\xc3\xa4']);
    return put(record, place(record, random), padding.repeat(choice(random, LENGTHS) / padding.length));
  },
  'escapes doubled': (record, random) => {
    const [what, by] = choice(random, [[/\\/g, '\\\\'] as const, [/"/g, '\\"'] as const, [/"/g, '""'] as const]);
    return record.replace(what, by.replaceAll('$', '$$$$'));
  },
  'two fields swapped': (record, random, other) => {
    const values = [...record.matchAll(VALUE)];
    const others = [...other.matchAll(VALUE)];
    if (values.length === 0 || others.length === 0) return record;
    const { index, 0: value } = choice(random, values);
    return put(record, index, choice(random, [...values, ...others])[0], value.length);
  },
  'a slice repeated': (record, random) => {
    const at = place(record, random);
    const slice = record.slice(at, at + integer(random, 1, 200));
    return put(record, at, slice.repeat(integer(random, 2, 40)));
  },
  'direction marks and terminal codes': sown(4, ...MARKS, ...TERMINAL),
  'words that mean something': sown(3, ...WORDS),
  'percent-encoded here and there': (record, random) =>
    record.replace(/[A-Za-z]/g, (letter) => (random() < 0.1 ? `%${letter.charCodeAt(0).toString(16)}` : letter)),
  'wrapped in another record': (record, random) =>
    JSON.stringify({ [choice(random, ['message', 'log', 'msg', 'MESSAGE'])]: record, stream: 'stdout' }),
};
