import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../src/formats/detect.ts';
import { formats } from '../../src/formats/registry.ts';
import { csvlog, IMITATIONS, stderrLog } from './postgres-logs.ts';
import { envoy, sampleLines } from './records.ts';

const all = [envoy, ...formats];
const found = (text: string, name = 'postgresql.log', fromStart = true): string | undefined =>
  detectFormat(text.split('\n'), all, { name, fromStart })?.id;

const billing = (sql: string) => ({ user: 'billing', table: 'customers', sql });
const many = (line: string, count = 210): string => Array(count).fill(line).join('\n');

/** SQL of many lines, of which most look like records of some log. */
const sql = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...IMITATIONS, '', '\t', '"', ',"x') }, fc.string()), {
    minLength: 1,
    maxLength: 300,
  })
  .map((lines) => lines.join('\n'));

describe('the format of a log of PostgreSQL', () => {
  it.each(IMITATIONS)('is its own, whatever 210 lines of the first statement look like: %s', (line) => {
    const statements = [billing(many(line)), billing('select 1')];
    expect(found(csvlog(statements).join('\n'))).toBe('pgaudit-csv');
    expect(found(stderrLog(statements).join('\n'))).toBe('pgaudit-stderr');
  });

  it('is its own for any SQL text', () => {
    fc.assert(
      fc.property(sql, (text) => {
        expect(found(csvlog([billing(text)]).join('\n'))).toBe('pgaudit-csv');
        expect(found(stderrLog([billing(text)]).join('\n'))).toBe('pgaudit-stderr');
      }),
      { numRuns: 300 },
    );
  });

  it('is csvlog for a first record of 250 lines, of the server itself, in any language, and with line ends in a name', () => {
    expect(found(csvlog([billing(many('--x', 250))]).join('\n'))).toBe('pgaudit-csv');
    expect(found('2026-11-02 10:00:00 CET,,,7,,6b.7,1,,2026-11-02 10:00:00 CET,,0,日志,00000,"x",,,,,,,,,""')).toBe(
      'pgaudit-csv',
    );
    expect(found(`2026-11-02 10:00:00.100 +03,"${many('', 300)}","shop",1`)).toBe('pgaudit-csv');
  });

  it('is stderr for any prefix that begins with time and process, and any language', () => {
    for (const rest of ['LOG:  x', 'FEHLER:  x', '日志:  x', 'billing@shop LOG:  x', '[user=x'])
      expect(found(`2026-11-02 10:00:00.100 UTC [7] ${rest}`)).toBe('pgaudit-stderr');
  });
});

describe('a csvlog whose head was cut off', () => {
  const rest = csvlog([billing(many('select 1')), billing('select 2'), billing('select 3')]).join('\n');
  const cut = (line: string): string => `${many(line)}\n${rest}`;

  it.each(IMITATIONS)('is none of the format that the text looks like: %s', (line) => {
    expect(found(cut(line.replaceAll('"', '""')))).toBe('pgaudit-csv');
  });

  it('is known by its name alone, also rotated and packed', () => {
    const text = many(IMITATIONS[0] ?? '');
    for (const name of ['x.csv', '/a/x.csv.1', 'x.csv-20261123', 'x.csv.gz', 'x.csv-20261123.gz', 'X.CSV'])
      expect(found(text, name)).toBe('pgaudit-csv');
    expect(found(text, 'x.csv.d/x.log')).toBe('pgaudit-stderr');
  });

  it('is not taken for a stderr log where the beginning is known to be missing', () => {
    expect(found(many(IMITATIONS[0] ?? ''), 'logs/0', false)).toBeUndefined();
    expect(found(`\tselect\n${many(IMITATIONS[0] ?? '')}`)).toBeUndefined();
  });

  it('is told from a stderr log with such a line in the name of somebody who could not log in', () => {
    const name = `x\n2026-11-02 10:00:00.100 UTC,"a",,1,,a.1,1,,2026-11-02 10:00:00 UTC,,0,LOG,00000,"m",,,,,,,,,`;
    const failed = `2026-11-02 10:00:00.100 UTC [7] [user=${name},db=d,app=a,client=::1,session=a.1] FATAL:  no role`;
    expect(found([failed, ...stderrLog([billing('select 1')])].join('\n'))).toBe('pgaudit-stderr');
    expect(found([...stderrLog([billing('select 1')]), failed].join('\n'))).toBe('pgaudit-stderr');
  });
});

it('every log of one record a line is found as before, also with lines of PostgreSQL in between', () => {
  for (const [log, id] of [
    ['nginx-access.jsonl', 'nginx-json'],
    ['nginx-access.combined.log', 'nginx-combined'],
    ['vault-audit.jsonl', 'vault-audit'],
  ] as const) {
    const lines = sampleLines(log);
    expect(detectFormat([...lines, IMITATIONS[0] ?? '', IMITATIONS[3] ?? ''], all)?.id).toBe(id);
  }
});
