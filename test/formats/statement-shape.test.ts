import { describe, expect, it } from 'vitest';
import { foldSql } from '../../src/formats/fold-sql.ts';
import { isEvent } from '../../src/formats/format.ts';
import { pgauditJson } from '../../src/formats/pgaudit-json.ts';
import { shapeOf } from '../../src/formats/statement-shape.ts';
import { parseAll } from './records.ts';

const whole = (read: string) => ({ shown: read, read, isWhole: true });
const shape = (sql: string, command = 'SELECT') => shapeOf(command, whole(foldSql(sql)));

describe('a statement that makes one value of many rows', () => {
  it.each([
    'select json_agg(c) from customers c',
    'SELECT pg_catalog.JSONB_AGG(c) FROM customers c',
    'select "json_agg"(c) from customers c',
    'select json_agg /* of all */ (c) from customers c',
    "select string_agg(c::text, ',') from customers c",
    'select array_agg(c.*) from customers c',
    'select array_to_json(array_agg(c)) from customers c',
    'select array(select c from customers c)',
    'select ARRAY ( (select c from customers c) )',
    'select array(with x as (select * from customers) select x from x)',
    'select (select jsonb_object_agg(id, c) from customers c)',
    'with x as (select * from customers) select json_agg(x) from x',
    'select xmlagg(xmlelement(name c, c.name)) from customers c',
    'select json_arrayagg(name) from customers',
    'select my_agg(name) from customers',
    "select lo_from_bytea(0, (select string_agg(c::text, '')::bytea from customers c))",
    `select ${'id, '.repeat(400)}json_agg(c) from customers c`,
    'select group_concat(name) from customers',
  ])('%s', (sql) => {
    expect(shapeOf('SELECT', whole(foldSql(sql, 'sql', 16_384)))).toBe('gathered');
  });

  it.each([
    'select * from customers',
    'select count(*), max(id), sum(total) from customers',
    'select row_to_json(c) from customers c',
    "select 'json_agg(c)' from customers",
    'select json_agg from customers',
    'select * from daily_agg',
    'insert into daily_agg (id) select id from customers',
    'insert into stats.daily_agg (id) select id from customers',
    'select array[1, 2] from customers',
    'select id from customers where id = any (array(3, 4))',
    '-- json_agg(c)\nselect id from customers',
    'select flagged(id) from customers',
  ])('is not: %s', (sql) => {
    expect(shape(sql)).toBeUndefined();
  });

  it('takes linear time, whatever the text', () => {
    for (const piece of ['a_agg ', 'into a.', 'array(', 'x"', '_agg_']) {
      const sql = piece.repeat(16_384 / piece.length);
      const start = performance.now();
      shapeOf('SELECT', whole(sql));
      expect(performance.now() - start).toBeLessThan(250);
    }
  });
});

it('a cursor, whose fetched rows no line counts, has a shape of its own', () => {
  expect(shape('declare c cursor for select * from customers', 'DECLARE CURSOR')).toBe('cursor');
  expect(shape('begin; declare c cursor for select * from customers', 'DECLARE CURSOR')).toBe('cursor');
  expect(shape('fetch all from c', 'FETCH')).toBeUndefined();
});

it('an event tells the shape beside its action, which stays what it is', () => {
  const line = (text: string) =>
    JSON.stringify({
      ...{ timestamp: '2026-11-23 12:02:00.767 UTC', user: 'agent_a', session_id: '6b042b38.4593' },
      ...{ error_severity: 'LOG', message: `AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.customers,${text},<none>,1` },
    });
  const [gathered, plain] = parseAll(
    pgauditJson,
    Buffer.from(`${line('select json_agg(c) from customers c')}\n${line('select 1')}\n`),
  ).filter(isEvent);
  expect(gathered).toMatchObject({ action: 'SELECT public.customers', shape: 'gathered', rows: 1 });
  expect(plain).not.toHaveProperty('shape');
});
