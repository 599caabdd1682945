import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldSql } from '../../src/formats/fold-sql.ts';
import { deedOf, statementsRead } from '../../src/formats/statement-objects.ts';
import { textAction } from '../../src/formats/text-action.ts';
import { MYSQL } from './tricky-mysql.ts';
import { BROKEN, OTHER, READING, WRITING } from './tricky-postgres.ts';

describe('what a statement of PostgreSQL does, and to what', () => {
  it.each([...READING, ...WRITING, ...OTHER, ...BROKEN])('%s is %s', (sql, action) => {
    expect(textAction(sql, 'sql')).toBe(action);
  });

  it('is read by its grammar wherever the server would run it', () => {
    const guessed = [...READING, ...WRITING].filter(([sql]) => !deedOf(foldSql(sql, 'sql', 8_192), 'sql').isParsed);
    expect(guessed).toEqual([]);
  });
});

describe('what a statement of MySQL does, and to what', () => {
  it.each(MYSQL)('%s is %s', (sql, action) => {
    expect(textAction(sql, 'mysql')).toBe(action);
  });

  it('is mostly read by a parser', () => {
    const parsed = MYSQL.filter(([sql]) => deedOf(foldSql(sql, 'mysql', 8_192), 'mysql').isParsed);
    expect(parsed.length / MYSQL.length).toBeGreaterThan(0.8);
  });
});

it('has more than 200 of them', () => {
  expect(READING.length + WRITING.length + OTHER.length + BROKEN.length + MYSQL.length).toBeGreaterThan(200);
});

describe('whatever a client sends', () => {
  it('counts what no parser takes', () => {
    const before = { ...statementsRead };
    textAction('SELECT * FROM one_table', 'sql');
    textAction('SELECT * FROM one_table WHERE', 'sql');
    expect(statementsRead).toEqual({ parsed: before.parsed + 1, guessed: before.guessed + 1 });
  });

  it.each(['sql', 'mysql'] as const)('a statement of a megabyte costs bounded time: %s', (language) => {
    const padded = `SELECT ${'a, '.repeat(340_000)}a FROM payroll`;
    const literal = `SELECT '${'x'.repeat(1_000_000)}' FROM payroll`;
    const nested = `SELECT ${'('.repeat(500_000)}1${')'.repeat(500_000)} FROM payroll`;
    const many = 'SELECT 1 FROM payroll; '.repeat(45_000);
    const started = process.cpuUsage();
    for (const sql of [padded, literal, nested, many]) textAction(sql, language);
    const { user } = process.cpuUsage(started);
    // Microseconds: a parser that was given all of one of them would take seconds.
    expect(user).toBeLessThan(1_500_000);
    expect(textAction(literal, language)).toMatch(/^SELECT (?:public\.)?payroll$/);
  });

  it('never fails, and says the same of the same text', () => {
    const piece = fc.constantFrom(
      ...[
        'select',
        'from',
        'payroll',
        '(',
        ')',
        ',',
        '*',
        'with x as',
        'delete',
        "'a'",
        '"B"',
        ';',
        'do',
        '$$',
        '::int',
      ],
      ...['join', 'on', '1', '=', 'not', '-', 'case', 'when', 'end', 'union', '`c`', '.', 'into', 'copy', 'to stdout'],
    );
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(' '));
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), fc.constantFrom('sql', 'mysql'), (sql, language) => {
        const action = textAction(sql, language as 'sql' | 'mysql');
        expect(textAction(sql, language as 'sql' | 'mysql')).toBe(action);
        expect(action.length).toBeLessThan(1_500);
      }),
      { seed: 7, numRuns: 1_000 },
    );
  });

  it('holds no literal', () => {
    const secret = 'zqSECRETzq';
    for (const [sql] of [...READING, ...WRITING, ...OTHER])
      expect(textAction(sql.replaceAll("'x'", `'${secret}'`), 'sql')).not.toContain(secret);
  });
});
