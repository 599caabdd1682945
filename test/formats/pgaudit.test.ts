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

  it.each([
    ['SELECT 1; COPY payment_cards TO STDOUT', 'COPY public.payment_cards'],
    ['COPY invoices TO STDOUT; COPY payment_cards TO STDOUT', 'COPY public.invoices'],
    ["COPY invoices FROM '/tmp/x'; COPY payment_cards TO STDOUT", 'COPY public.payment_cards'],
    ['SELECT 1; SELECT 2', 'COPY'],
  ])('of several statements, the one whose turn it is is named: %s', (statement, action) => {
    expect(copied('READ', statement)).toMatchObject({ action });
  });
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

describe('a line without an object', () => {
  const line = (fields: string, more: object = {}): string =>
    JSON.stringify({
      ...{ timestamp: '2026-11-23 12:02:00.767 UTC', user: 'agent_a', session_id: '6b042b38.4593' },
      ...{ error_severity: 'LOG', message: `AUDIT: SESSION,${fields}`, backend_type: 'client backend' },
      ...more,
    });
  const failed = (statement: string, state: string, more: object = {}): string =>
    line('', { error_severity: 'ERROR', state_code: state, message: 'failed', statement, ...more });
  const told = (...lines: string[]) =>
    read(...lines).map((result) => (isEvent(result) ? `${result.action} ${result.result} ${result.uses}` : result));

  it.each([
    ['READ,SELECT', 'select * from payroll', 'SELECT public.payroll'],
    ['READ,SELECT', 'table payroll', 'SELECT public.payroll'],
    ['READ,SELECT', `select ${'name, '.repeat(500)}id from payroll`, 'SELECT public.payroll'],
    ['READ,SELECT', 'select 1', 'SELECT'],
    ['READ,SELECT', 'begin; declare c cursor for select * from payroll; fetch all from c', 'SELECT public.payroll'],
    [
      'READ,DECLARE CURSOR',
      'begin; declare c no scroll cursor with hold for select * from payroll',
      'SELECT public.payroll',
    ],
    ['WRITE,INSERT', "insert into customers values (1,';')", 'INSERT public.customers'],
    ['DDL,DROP TABLE', 'drop table shop.payroll', 'DROP TABLE shop.payroll'],
    ['DDL,CREATE TABLE AS', 'create table mine as select * from payroll', 'CREATE TABLE public.mine'],
    ['MISC,SET', 'set role payroll_admin', 'SET ROLE'],
    ['MISC,SET', 'set work_mem = 1', 'SET'],
    ['ROLE,CREATE ROLE', 'create role x login', 'CREATE ROLE'],
    ['READ,SELECT', 'select 1 from "a;b"', 'SELECT public."a;b"'],
  ])('%s has it from its text: %s', (command, text, action) => {
    expect(told(line(`1,1,${command},,,"${text.replaceAll('"', '""')}",<none>,1`))).toEqual([`${action} success 1`]);
  });

  it('of several statements each line is the next one, also when the text comes again and where one failed', () => {
    const text = 'select 1; select 2 from a; insert into c values (1); select 3 from b';
    const lines = (from: number): string[] =>
      ['READ,SELECT', 'READ,SELECT', 'WRITE,INSERT', 'READ,SELECT'].map((command, at) =>
        line(`${from + at},1,${command},,,"${text}",<none>,1`),
      );
    const each = ['SELECT', 'SELECT public.a', 'INSERT public.c', 'SELECT public.b'].map(
      (action) => `${action} success 1`,
    );
    expect(told(...lines(1), ...lines(5))).toEqual([...each, ...each]);
    const error = failed(text, '42501', { message: 'permission denied for table c' });
    const [first, second] = lines(1);
    expect(told(first ?? '', second ?? '', error, ...lines(3))).toEqual([
      ...each.slice(0, 2),
      'INSERT public.c denied 1',
      ...each,
    ]);
  });

  it('names all that it may be where no session tells whose turn it is', () => {
    const text = Array.from('abcdefghi', (table) => `select 1 from ${table}`).join('; ');
    expect(told(line(`1,1,READ,SELECT,,,"${text}",<none>,1`, { session_id: undefined }))).toEqual([
      'SELECT public.a, public.b, public.c, public.d, public.e, public.f, public.g, public.h, … success 1',
    ]);
  });

  it('is named by no text where the log names every relation: it touched none', () => {
    const text = 'SELECT 1; SELECT * FROM payroll';
    const lines = [
      line('1,1,READ,SELECT,TABLE,public.customers,x,<none>,1'),
      line(`2,1,READ,SELECT,,,${text},<none>,1`),
    ];
    expect(told(...lines)[1]).toBe('SELECT success 1');
    const byObject = line('1,1,READ,SELECT,TABLE,public.customers,x,<none>,1').replace('SESSION', 'OBJECT');
    const ofPayroll = line('2,1,READ,SELECT,,,SELECT * FROM payroll,<none>,1');
    expect(told(byObject, ofPayroll)[1]).toBe('SELECT public.payroll success 1');
  });

  it('is named by its text again where log_relation has been turned off since', () => {
    const lines = [
      line('1,1,READ,SELECT,TABLE,public.customers,x,<none>,1'),
      line('2,1,READ,SELECT,,,SELECT now(),<none>,1'),
      line('3,1,READ,SELECT,,,SELECT relname FROM pg_class,<none>,1'),
      line('4,1,READ,SELECT,,,SELECT * FROM payroll,<none>,1'),
      line('5,1,READ,SELECT,,,SELECT 1; SELECT * FROM payroll,<none>,1'),
      line('6,1,READ,SELECT,,,SELECT 1; SELECT * FROM payroll,<none>,1'),
    ];
    const actions = [
      'SELECT public.customers',
      'SELECT',
      'SELECT',
      'SELECT public.payroll',
      'SELECT',
      'SELECT public.payroll',
    ];
    expect(told(...lines)).toEqual(actions.map((action) => `${action} success 1`));
  });

  it.each([
    ['permission denied for table payroll', undefined, 'SELECT public.payroll denied 1'],
    ['keine Berechtigung für Tabelle »payroll«', undefined, 'SELECT public.payroll denied 1'],
    ['denied', 'DELETE', 'DELETE public.b denied 1'],
    ['denied', undefined, 'SELECT public.a denied 1'],
  ])('of several statements the one that failed is that which the message names: %s', (message, ps, expected) => {
    const text = 'select 1 from a; select 2 from payroll; delete from b';
    expect(told(failed(text, '42501', { message, ps }))).toEqual([expected]);
  });

  it('a failure after its line counts once, and a repetition again; with log_rows the line comes after', () => {
    const insert = 'INSERT INTO customers VALUES (1)';
    const before = line(`7,1,WRITE,INSERT,TABLE,public.customers,${insert},<none>`);
    const again = line(`8,1,WRITE,INSERT,TABLE,public.customers,${insert},<none>`);
    const error = failed(insert, '23505');
    const [done, wrong, alone] = [1, 0, 1].map(
      (uses, at) => `INSERT public.customers ${at === 0 ? 'success' : 'error'} ${uses}`,
    );
    expect(told(before, error, error, again, error)).toEqual([done, wrong, alone, done, wrong]);
    expect(told(`${line(`7,1,WRITE,INSERT,TABLE,public.customers,${insert},<none>,1`)}`, error)).toEqual([done, alone]);
  });

  it('a line beside the read of a view is part of it', () => {
    expect(told(line('1,1,MISC,???,VIEW,public.cust_v,x,<none>,1'))).toEqual([{ ignored: 'dependent-object' }]);
    expect(told(line('1,1,READ,SELECT,VIEW,public.cust_v,x,<none>,1'))).toEqual(['SELECT public.cust_v success 1']);
  });

  it.each([
    ['select * from customers c, payroll p', 'SELECT public.customers, public.payroll'],
    ['select * from customers where exists (select from payroll)', 'SELECT public.customers, public.payroll'],
    ['select * from payroll join customers using (id)', 'SELECT public.customers, public.payroll'],
    ['with customers as (select * from payroll) select * from customers', 'SELECT public.payroll'],
    ['select now()', 'SELECT'],
  ])('names every table that the statement reads, in one order: %s', (text, action) => {
    expect(told(line(`1,1,READ,SELECT,,,"${text}",<none>,1`))).toEqual([`${action} success 1`]);
  });

  it.each([
    ['insert into own select * from payroll', 'INSERT public.own, public.payroll', 'WRITE,INSERT'],
    ['update own set a = 1 from payroll', 'UPDATE public.own, public.payroll', 'WRITE,UPDATE'],
    ['copy (with own as (table payroll) table own) to stdout', 'COPY public.payroll', 'READ,COPY'],
  ])('and first what it writes: %s', (text, action, command) => {
    expect(told(line(`1,1,${command},,,"${text}",<none>,1`))).toEqual([`${action} success 1`]);
  });

  it('of the tables of a denied statement the message names the one that was', () => {
    const message = 'permission denied for table payroll';
    const text = 'select * from customers join payroll using (id)';
    expect(told(failed(text, '42501', { message }))).toEqual(['SELECT public.payroll denied 1']);
    expect(told(failed(text, '42501'))).toEqual(['SELECT public.customers denied 1']);
  });

  const padding = `/* ${'x'.repeat(20_000)} */`;

  it.each([
    ['READ,COPY', `${padding} copy payroll to stdout`, 'COPY public.payroll'],
    ['READ,COPY', `select 1; ${padding} copy payroll to stdout`, 'COPY public.payroll'],
    ['READ,DECLARE CURSOR', `${padding} declare c cursor for select * from payroll`, 'SELECT public.payroll'],
    ['READ,COPY', `select ${'a+'.repeat(40_000)}1; copy payroll to stdout`, 'COPY …'],
    ['READ,COPY', 'copy U&"p\\0061yroll" to stdout', 'COPY public.payroll'],
    ['READ,COPY', 'copy u&"p!0061yroll" uescape \'!\' to stdout', 'COPY public.payroll'],
    ['READ,COPY', 'copy "odd,""name" to stdout', 'COPY public."odd,""name"'],
    ['MISC,LOCK TABLE', 'lock table only payroll', 'LOCK TABLE public.payroll'],
  ])('%s has it also where it is written so that it is hard to find', (command, text, action) => {
    expect(told(line(`1,1,${command},,,"${text.replaceAll('"', '""')}",<none>,1`))).toEqual([`${action} success 1`]);
  });

  it('denied behind as much has it, too', () => {
    expect(told(failed(`${padding} select * from payroll`, '42501'))).toEqual(['SELECT public.payroll denied 1']);
  });

  it('at another level counts, and what a function raises does not', () => {
    const audit = '1,1,READ,SELECT,TABLE,public.customers,x,<none>,1';
    for (const severity of ['INFO', 'NOTICE', 'LOG'])
      expect(told(line(audit, { error_severity: severity }))).toEqual(['SELECT public.customers success 1']);
    expect(told(line(audit, { error_severity: 'WARNING', state_code: '01000' }))).toHaveLength(1);
    expect(
      told(line(audit, { error_severity: 'NOTICE', context: 'PL/pgSQL function f() line 1 at RAISE' })),
    ).toMatchObject([{ ignored: 'raised-message' }]);
  });
});
