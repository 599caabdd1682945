import { describe, expect, test } from 'vitest';
import { translateKql } from './kql.ts';

const any = (...should: object[]) => ({ bool: { should, minimum_should_match: 1 } });

describe('KQL becomes the query DSL that Kibana makes of it', () => {
  test.each([
    ['', { match_all: {} }],
    ['a.b: "x y"', any({ match_phrase: { 'a.b': 'x y' } })],
    ['a: 21', any({ match: { a: '21' } })],
    ['a: true', any({ match: { a: true } })],
    ['"a.b": *', any({ exists: { field: 'a.b' } })],
    ['a >= 73', any({ range: { a: { gte: '73' } } })],
    ['a < now+14d', any({ range: { a: { lt: 'now+14d' } } })],
    ['not a: 1', { bool: { must_not: any({ match: { a: '1' } }) } }],
    ['a: ("x" or "y")', any(any({ match_phrase: { a: 'x' } }), any({ match_phrase: { a: 'y' } }))],
    ['a: 1 and b: 2', { bool: { filter: [any({ match: { a: '1' } }), any({ match: { b: '2' } })] } }],
    [
      'a: 1 or b: 2 and c: 3',
      any(any({ match: { a: '1' } }), { bool: { filter: [any({ match: { b: '2' } }), any({ match: { c: '3' } })] } }),
    ],
    [
      '(a: 1 or b: 2) and c: 3',
      { bool: { filter: [any(any({ match: { a: '1' } }), any({ match: { b: '2' } })), any({ match: { c: '3' } })] } },
    ],
  ])('%s', (kql, query) => {
    expect(translateKql(kql).query).toEqual(query);
  });

  test('names the fields that it asks about', () => {
    expect(translateKql('a.b: 1 and not (c > 2 or "d.e": *) and a.b: 2').fields).toEqual(['a.b', 'c', 'd.e']);
  });

  test.each([
    'a',
    'a:',
    'a: x*',
    'a*: 1',
    'a: 1 b: 2',
    '(a: 1',
    'a: (1 and 2)',
    'a: {b: 1}',
    'and a: 1',
    'a: "x',
    'a: 1 and',
    ': 1',
  ])('refuses %s', (kql) => {
    expect(() => translateKql(kql)).toThrow(/KQL beyond/);
  });
});
