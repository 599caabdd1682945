import { describe, expect, it } from 'vitest';
import { foldSql } from '../../src/formats/fold-sql.ts';
import { relationsIn } from '../../src/formats/relations.ts';
import { tokensOf } from '../../src/formats/sql-names.ts';

const relations = (sql: string): string[] => relationsIn(tokensOf(foldSql(sql, 'sql', 16_384)));

describe('the relations of a statement', () => {
  it.each([
    ['SELECT 1', []],
    ['SELECT * FROM orders', ['orders']],
    ['SELECT * FROM orders o, payroll p', ['orders', 'payroll']],
    ['SELECT * FROM orders AS "x", ONLY (payroll)', ['orders', 'payroll']],
    ['SELECT * FROM orders JOIN payroll USING (id)', ['orders', 'payroll']],
    ['SELECT * FROM orders o LEFT JOIN lines l ON (o.id = l.id), payroll', ['orders', 'lines', 'payroll']],
    ['SELECT * FROM (orders CROSS JOIN payroll)', ['orders', 'payroll']],
    ['SELECT * FROM (SELECT * FROM payroll) orders', ['payroll']],
    ['SELECT id FROM orders UNION ALL TABLE payroll', ['orders', 'payroll']],
    ['SELECT 1 FROM orders WHERE EXISTS (SELECT FROM payroll)', ['orders', 'payroll']],
    ['SELECT (SELECT max(pay) FROM payroll) FROM orders', ['payroll', 'orders']],
    ['SELECT DISTINCT FROM payroll', ['payroll']],
    ['SELECT * FROM orders, LATERAL f(orders.id) WITH ORDINALITY, payroll', ['orders', 'payroll']],
    ['INSERT INTO own (id) SELECT id FROM payroll', ['own', 'payroll']],
    ['UPDATE own SET a = 1, b = 2 FROM payroll WHERE true', ['own', 'payroll']],
    ['DELETE FROM own USING payroll WHERE true', ['own', 'payroll']],
    ['MERGE INTO own USING payroll p ON own.id = p.id WHEN MATCHED THEN UPDATE SET a = 1, b = 2', ['own', 'payroll']],
    ['SELECT * FROM sales."Pay", "a.b"', ['sales."Pay"', '"a.b"']],
  ])('%s', (sql, names) => {
    expect(relations(sql)).toEqual(names.map((name) => (name.startsWith('sales.') ? name : `public.${name}`)));
  });

  it.each([
    ['SELECT extract(year FROM day), trim(both FROM name), substring(name FROM 2) FROM orders', ['orders']],
    ['SELECT * FROM orders WHERE a IS NOT DISTINCT FROM b', ['orders']],
    ['SELECT * FROM generate_series(1, 9) g, orders', ['orders']],
    ['SELECT a, b FROM orders WHERE (a, b) IN ((1, 2)) ORDER BY a, b FOR UPDATE OF orders', ['orders']],
    ['INSERT INTO own VALUES (1, 2), (3, 4) ON CONFLICT (id) DO UPDATE SET a = 1, b = 2', ['own']],
    ['SELECT * FROM (VALUES (a), (b)) v, orders', ['orders']],
  ])('has nothing that is none: %s', (sql, names) => {
    expect(relations(sql)).toEqual(names.map((name) => `public.${name}`));
  });

  describe('what WITH names is none, and hides none', () => {
    it.each([
      ['WITH orders AS (SELECT * FROM payroll) SELECT * FROM orders', ['payroll']],
      ['WITH a (x, y) AS MATERIALIZED (SELECT * FROM payroll), b AS (TABLE a) SELECT * FROM a, b', ['payroll']],
      ['WITH payroll AS (SELECT * FROM payroll) SELECT * FROM payroll', ['payroll']],
      ['SELECT * FROM (WITH payroll AS (SELECT 1) SELECT * FROM payroll) x, payroll', ['payroll']],
      ['WITH payroll AS (SELECT 1) SELECT * FROM public.payroll', ['payroll']],
      ['WITH "Payroll" AS (SELECT 1) SELECT * FROM payroll', ['payroll']],
      ['WITH gone AS (DELETE FROM own RETURNING *) SELECT * FROM gone, orders', ['own', 'orders']],
    ])('%s', (sql, names) => {
      expect(relations(sql)).toEqual(names.map((name) => `public.${name}`));
    });
  });

  it.each(['set', 'values', 'update', 'ordinality', 'returning_', 'materialized', 'only_'])(
    'another name for a table hides none behind it: %s',
    (alias) => {
      expect(relations(`SELECT * FROM orders ${alias}, payroll`)).toEqual(['public.orders', 'public.payroll']);
    },
  );
});
