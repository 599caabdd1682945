import { describe, expect, it } from 'vitest';
import { isEvent } from '../../src/formats/format.ts';
import { pgauditJson } from '../../src/formats/pgaudit-json.ts';
import { formatById } from '../../src/formats/registry.ts';
import { parseAll, parseOne } from './records.ts';

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

describe('COPY, as PostgreSQL 15 audits it: without an object, and without rows for a whole table', () => {
  const copied = (kind: 'READ' | 'WRITE', statement: string) =>
    parseOne(
      pgauditJson,
      JSON.stringify({
        timestamp: '2026-11-23 12:02:00.767 UTC',
        user: 'agent_a',
        session_id: '6b042b38.4593',
        error_severity: 'LOG',
        message: `AUDIT: SESSION,13,1,${kind},COPY,,,"${statement.replaceAll('"', '""')}",<none>,0`,
        backend_type: 'client backend',
      }),
    );

  it.each([
    ['READ', 'COPY payment_cards TO STDOUT', 'COPY public.payment_cards'],
    ['READ', 'COPY public.payment_cards (number) TO STDOUT (FORMAT csv);', 'COPY public.payment_cards'],
    ['WRITE', "COPY payment_cards FROM '/tmp/x'", 'COPY FROM public.payment_cards'],
    ['READ', 'COPY (SELECT 1) TO STDOUT', 'COPY'],
  ] as const)('%s %s is %s', (kind, statement, action) => {
    expect(copied(kind, statement)).toMatchObject({ action, result: 'success', uses: 1 });
  });

  it.each(['COPY invoices TO STDOUT; COPY payment_cards TO STDOUT', 'SELECT 1; COPY payment_cards TO STDOUT'])(
    'is not named after another statement of the same text: %s',
    (statement) => expect(copied('READ', statement)).toMatchObject({ action: 'COPY' }),
  );
});

it('takes no secret apart by folding, nor shows one in an object', () => {
  const statement = (text: string) =>
    JSON.stringify({
      ...{ timestamp: '2026-11-23 12:01:57.883 UTC', user: 'agent_a', session_id: '69230a15.4f5a' },
      ...{ error_severity: 'ERROR', state_code: '42501', message: 'permission denied', statement: text },
    });
  const shown = JSON.stringify(
    read(
      statement('SELECT 1 FROM t WHERE note = xoxb-1234567890-abcdefSLACK'),
      statement('SELECT 1 FROM "ghp_abcdefghijklmnopqrstuvwxyz0123456789"'),
      audit(3, 'SELECT', 'TABLE', 'public.password=Hunter2Hunter2'),
    ),
  );
  for (const secret of ['abcdefSLACK', 'ghp_a', 'Hunter2']) expect(shown).not.toContain(secret);
});
