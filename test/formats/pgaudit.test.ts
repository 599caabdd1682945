import { describe, expect, it } from 'vitest';
import { isEvent } from '../../src/formats/format.ts';
import { formatById } from '../../src/formats/registry.ts';
import { parseAll } from './records.ts';

const format = formatById('pgaudit-json');
const audit = (statement: number, command: string, type: string, object: string): string =>
  JSON.stringify({
    timestamp: '2026-11-23 12:01:57.883 UTC',
    user: 'agent_a',
    session_id: '69230a15.4f5a',
    error_severity: 'LOG',
    message: `AUDIT: SESSION,${statement},1,DDL,${command},${type},${object},"${command} x",<not logged>`,
  });
const read = (...lines: string[]) => {
  if (format === undefined) throw new Error('no format pgaudit-json');
  return parseAll(format, Buffer.from(`${lines.join('\n')}\n`));
};

describe('one DROP and all that goes with it', () => {
  it('is one use, named after what was dropped, in whatever order its lines come', () => {
    const lines = [
      audit(7, 'DROP TABLE', 'INDEX', 'public.customers_pkey'),
      audit(7, 'DROP TABLE', 'TABLE CONSTRAINT', 'customers_pkey on public.customers'),
      audit(7, 'DROP TABLE', 'TABLE', 'public.customers'),
      audit(7, 'DROP TABLE', 'SEQUENCE', 'public.customers_id_seq'),
      audit(7, 'DROP TABLE', 'DEFAULT VALUE', 'for public.customers.id'),
    ];
    for (const results of [read(...lines), read(...lines.toReversed())]) {
      expect(results.filter((result) => !isEvent(result))).toEqual(Array(4).fill({ ignored: 'dependent-object' }));
      expect(results.filter(isEvent)).toMatchObject([{ action: 'DROP TABLE public.customers', uses: 1 }]);
    }
  });

  it('of several tables keeps each of them', () => {
    const results = read(audit(8, 'DROP TABLE', 'TABLE', 'public.a'), audit(8, 'DROP TABLE', 'TABLE', 'public.b'));
    expect(results).toMatchObject([
      { action: 'DROP TABLE public.a', uses: 1 },
      { action: 'DROP TABLE public.b', uses: 0 },
    ]);
  });

  it.each([
    ['DROP SCHEMA', 'TABLE', 'shop.orders'],
    ['DROP OWNED', 'TABLE', 'public.orders'],
    ['ALTER TABLE', 'TABLE COLUMN', 'public.orders.note'],
    ['CREATE TABLE AS', 'TABLE', 'public.copy'],
    ['DROP ROLE', '', ''],
  ])('%s of a %s is kept: no other line may tell of it', (command, type, object) => {
    expect(read(audit(9, command, type, object))).toMatchObject([{ action: `${command} ${object}`.trim(), uses: 1 }]);
  });
});
