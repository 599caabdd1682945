import { describe, expect, test } from 'vitest';
import { isEvent } from '../../src/formats/format.ts';
import {
  pgauditlogtofileCsv,
  pgauditlogtofileJson,
  pgauditlogtofileQuoted,
} from '../../src/formats/pgauditlogtofile.ts';
import { parseAll, sample } from './records.ts';

/** What is asked of an event here. */
const usesOf = (format: typeof pgauditlogtofileCsv, log: Buffer) =>
  parseAll(format, log).map((parsed) =>
    isEvent(parsed)
      ? [parsed.identities[0]?.value, parsed.action, parsed.rows, parsed.sourceIp, parsed.client].join(' | ')
      : parsed,
  );

const USES = [
  { ignored: 'connection-line' },
  'billing | SELECT public.customers | 12 | 10.1.0.5 | psql',
  'billing | SELECT public.payroll | 0 | 10.1.0.5 | a "quoted, name',
  'billing | UPDATE public.orders | 3 | 10.1.0.5 | psql',
];

describe('the three forms of pgauditlogtofile say the same', () => {
  test.each([
    [pgauditlogtofileCsv, 'pgauditlogtofile.csv'],
    [pgauditlogtofileQuoted, 'pgauditlogtofile-quoted.csv'],
    [pgauditlogtofileJson, 'pgauditlogtofile.jsonl'],
  ])('$id', (format, log) => {
    expect(usesOf(format, sample(log)).slice(0, 4)).toEqual(USES);
  });
});

describe('its CSV', () => {
  const log = sample('pgauditlogtofile.csv').toString();
  const [, , , ...ofUpdate] = log.split('\n');
  const forged = ofUpdate.findIndex((line) => line.includes('victim'));

  test('an object whose name has commas and quotes is named whole', () => {
    expect(usesOf(pgauditlogtofileCsv, Buffer.from(log)).at(-1)).toContain('CREATE TABLE public."a,b"');
  });

  test('a log that was cut within a statement: what stands in it is nobody’s use, up to a line that no client can write', () => {
    const [first = '', ...rest] = ofUpdate.slice(forged - 1);
    const cut = [first.replace(/^.*note/, 'note'), ...rest];
    const uses = usesOf(pgauditlogtofileCsv, Buffer.from(cut.join('\n')));
    expect(uses.filter((use) => typeof use === 'string')).toEqual([expect.stringContaining('CREATE TABLE')]);
    expect(uses.filter((use) => typeof use !== 'string')).toEqual(
      Array.from({ length: 4 }, () => ({ unusable: 'torn-record' })),
    );
  });

  test('a statement whose end was never written ends where the next record certainly begins', () => {
    const [one = '', two = ''] = log.split('\n').slice(1);
    const torn = `${one.slice(0, one.indexOf('a, b'))}\n${one}\n${two}\n`;
    expect(usesOf(pgauditlogtofileCsv, Buffer.from(torn)).slice(1)).toEqual(USES.slice(1, 3));
  });
});
