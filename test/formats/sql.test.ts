import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldSql } from '../../src/formats/fold-sql.ts';
import { sqlAction } from '../../src/formats/sql-action.ts';

describe('foldSql', () => {
  it.each([
    ["SELECT * FROM t WHERE a = 'x' AND b=12.5e-3", 'SELECT * FROM t WHERE a = ? AND b=?'],
    ["SELECT 'it''s', E'a\\'b', $1, $$x'y$$, $t$ z $t$ FROM t", 'SELECT ? FROM t'],
    ['SELECT a -- secret\n , b /* more /* nested */ secret */ FROM t', 'SELECT a , b FROM t'],
    ['SELECT a FROM t WHERE id IN (1, 2,3)', 'SELECT a FROM t WHERE id IN (?)'],
    ['SELECT "a b", t1.c2 FROM t1', 'SELECT "a b", t1.c2 FROM t1'],
    ["SELECT X'ff', U&'\\0061', n'x'", 'SELECT ?'],
    ['SELECT\n\ta\n  FROM t', 'SELECT a FROM t'],
    ["SELECT 'cut", 'SELECT ?'],
    ['SELECT "cut', 'SELECT ?'],
    ['SELECT $tag$ cut', 'SELECT ?'],
    ['SELECT 0x1F, .5, 1_000', 'SELECT ?'],
  ])('%s', (sql, folded) => {
    expect(foldSql(sql)).toBe(folded);
  });

  it('never holds a literal, a number, a comment or a dollar quote of its input', () => {
    const secret = fc.stringMatching(/^[A-Z]{8,20}$/).map((text) => `zq${text}`);
    const hidden = secret.chain((text) =>
      fc.constantFrom(
        `'${text}'`,
        `'a''${text}'`,
        `E'\\'${text}'`,
        `$$${text}$$`,
        `$q$'${text}$q$`,
        `-- ${text}\n`,
        `/* ${text} */`,
      ),
    );
    const sql = fc.array(fc.oneof(hidden, fc.constantFrom(' ', ',', '(', ')', 'a', '"b"', ' = ', '-', '/')), {
      maxLength: 30,
    });
    fc.assert(fc.property(sql, (parts) => !/zq[A-Z]/.test(foldSql(parts.join(' ')))));
    fc.assert(
      fc.property(
        fc.bigInt({ min: 10n ** 6n, max: 10n ** 30n }),
        (n) => !foldSql(`SELECT ${n}, a FROM t`).includes(`${n}`),
      ),
    );
  });

  it('is at most 512 characters of one line', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (sql) => foldSql(sql).length <= 512));
    expect(foldSql('SELECT a, '.repeat(200_000))).toHaveLength(512);
    expect(foldSql('/*'.repeat(200_000))).toBe('');
  });
});

describe('sqlAction', () => {
  it.each([
    ['DELETE FROM customers', 'DELETE public.customers'],
    ['delete from only Sales.Customers', 'DELETE sales.customers'],
    ['SELECT a FROM "Odd Name"', 'SELECT public."Odd Name"'],
    ['SELECT ?', 'SELECT'],
    ['SELECT * FROM generate_series(?)', 'SELECT'],
    ['(SELECT a FROM (SELECT b FROM inner_t) x)', 'SELECT public.inner_t'],
    ['WITH x AS (SELECT ? FROM a) DELETE FROM b', 'DELETE public.b'],
    ['INSERT INTO orders(a) VALUES (?)', 'INSERT public.orders'],
    ['UPDATE orders SET a=?', 'UPDATE public.orders'],
    ['TRUNCATE orders', 'TRUNCATE TABLE public.orders'],
    ['DROP TABLE IF EXISTS audit.log', 'DROP TABLE audit.log'],
    ['CREATE TABLE evil(x int)', 'CREATE TABLE public.evil'],
    ['CREATE TEMP TABLE x(a int)', 'CREATE TABLE public.x'],
    ['CREATE OR REPLACE FUNCTION f() RETURNS int', 'CREATE FUNCTION public.f'],
    ['CREATE MATERIALIZED VIEW v AS SELECT ?', 'CREATE MATERIALIZED VIEW public.v'],
    ['ALTER USER agent_a SUPERUSER', 'ALTER ROLE'],
    ['CREATE DATABASE x', 'CREATE DATABASE'],
    ['GRANT SELECT ON t TO a', 'GRANT'],
    ['GRANT admin TO a', 'GRANT ROLE'],
    ['SET ROLE super', 'SET ROLE'],
    ['SET LOCAL ROLE super', 'SET ROLE'],
    ['SET search_path = x', 'SET'],
    ['COPY customers TO STDOUT', 'COPY public.customers'],
    ['COPY (SELECT * FROM customers) TO STDOUT', 'COPY public.customers'],
    ['copy s."My T" (a, b) to stdout (format csv)', 'COPY s."My T"'],
    ['COPY customers (id, name) FROM STDIN', 'COPY FROM public.customers'],
    ["COPY customers FROM '/tmp/x'", 'COPY FROM public.customers'],
    ['COPY (SELECT 1) TO STDOUT', 'COPY'],
    ['CALL purge(?)', 'CALL public.purge'],
    ['EXPLAIN ANALYZE SELECT a FROM t', 'SELECT public.t'],
    ['', 'UNKNOWN'],
    ['?? nonsense', 'UNKNOWN'],
    ['SELECT', 'SELECT'],
  ])('%s is %s', (sql, action) => {
    expect(sqlAction(sql)).toBe(action);
  });

  it('never fails and never grows', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (sql) => sqlAction(foldSql(sql)).length <= 512));
  });
});

describe('the SQL of MySQL', () => {
  it.each([
    [
      'select * from `shop`.`customers` where `id`=7',
      'select * from shop.customers where id=?',
      'SELECT shop.customers',
    ],
    [
      'select * from customers where email="jane.doe@example.com"',
      'select * from customers where email=?',
      'SELECT customers',
    ],
    [
      "select * from customers where name='O\\'Brien' and ssn='078-05-1120' -- '",
      'select * from customers where name=? and ssn=?',
      'SELECT customers',
    ],
    ["select 1 # 'x\n from payroll", 'select ? from payroll', 'SELECT payroll'],
    [
      "select \"say \"\"hi\"\"\", 'x''y', _utf8mb4'z', x'ff' from `odd name`",
      'select ? from "odd name"',
      'SELECT "odd name"',
    ],
    ['select /*!50000 * from payroll */', 'select * from payroll', 'SELECT payroll'],
    ['select a--1 from t', 'select a--? from t', 'SELECT t'],
    ['insert into `t` values ("a", 1)', 'insert into t values (?)', 'INSERT t'],
    ['select "cut', 'select ?', 'SELECT'],
    ['select `cut', 'select ?', 'SELECT'],
    ['drop table payroll', 'drop table payroll', 'DROP TABLE payroll'],
  ])('%s', (sql, folded, action) => {
    expect(foldSql(sql, 'mysql')).toBe(folded);
    expect(sqlAction(folded, 'mysql')).toBe(action);
  });

  it('never holds a literal or a comment of its input', () => {
    const hidden = fc
      .stringMatching(/^[A-Z]{8,20}$/)
      .map((text) => `zq${text}`)
      .chain((text) =>
        fc
          .constantFrom(
            `'${text}'`,
            `"${text}"`,
            `"a\\"${text}"`,
            `'a''${text}'`,
            `# ${text}\n`,
            `-- ${text}\n`,
            `/* ${text} */ 1`,
          )
          .map((literal) => [text, literal] as const),
      );
    fc.assert(
      fc.property(hidden, ([text, literal]) => {
        expect(foldSql(`select ${literal} from t`, 'mysql')).not.toContain(text);
      }),
    );
  });
});
