import fc from 'fast-check';
import { type Format, isEvent, type Parsed } from '../../src/formats/format.ts';
import { formats } from '../../src/formats/registry.ts';
import { caddy, envoy, redactor, sampleLines } from './records.ts';

export const ALL_FORMATS: readonly Format[] = [...formats, envoy, caddy];

const SAMPLES = [
  'nginx-access.jsonl',
  'nginx-access.combined.log',
  'pgaudit.csv',
  'pgaudit.stderr.log',
  'vault-audit.jsonl',
  'caddy-access.jsonl',
].flatMap(sampleLines);

const line = fc.constantFrom(...SAMPLES);
const place = fc.nat(1500);
const junk = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 10 }),
  fc.constantFrom(
    '"',
    "'",
    '{',
    '[',
    '\\',
    ',',
    '\u0000',
    '\u202e',
    '-',
    '1e999',
    'null',
    '__proto__',
    '%ff',
    '$$',
    '/*',
    '--',
  ),
);

/** A record with something put in place of a few characters. */
const damaged = fc
  .tuple(line, place, junk, fc.nat(40))
  .map(([text, at, other, length]) => text.slice(0, at) + other + text.slice(at + length));
/** The head of one record and the tail of another, as a torn write leaves them. */
const torn = fc.tuple(line, place, line, place).map(([head, to, tail, from]) => head.slice(0, to) + tail.slice(from));
const repeated = fc
  .tuple(line, place, fc.nat(200), fc.integer({ min: 2, max: 50 }))
  .map(([text, at, length, times]) => text.slice(0, at) + text.slice(at, at + length).repeat(times) + text.slice(at));

/** Records as somebody may write them who wants to break a parser. */
export const mutants = fc.oneof(damaged, torn, repeated, fc.string({ unit: 'binary' }), fc.json());

/** Parses records one after the other, as of one source, and says what is wrong with an answer. */
export function examiner(format: Format): (text: string) => string | undefined {
  const [parser, twin] = [format.parser({ redactor }), format.parser({ redactor })];
  return (text) => {
    const bytes = Buffer.from(text);
    const parsed = parser.parse(bytes, 0, bytes.length);
    const again = JSON.stringify(twin.parse(bytes, 0, bytes.length));
    return again === JSON.stringify(parsed) ? complaint(parsed) : `parsed again it is ${again}`;
  };
}

function complaint(parsed: Parsed): string | undefined {
  if (isEvent(parsed)) return Number.isSafeInteger(parsed.time) ? undefined : `its time is ${parsed.time}`;
  return 'ignored' in parsed || 'unusable' in parsed ? undefined : `it is nothing known: ${JSON.stringify(parsed)}`;
}
