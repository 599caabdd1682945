import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasKeyTwice } from '../../src/formats/json-keys.ts';
import { nginxJson } from '../../src/formats/nginx-json.ts';
import { parseOne, sampleLines } from './records.ts';

const record = sampleLines('nginx-access.jsonl')[0] ?? '';
const withMore = (more: string): string => `${record.slice(0, -1)},${more}}`;

describe('a key that stands twice', () => {
  it.each([
    '"credential":"victim"',
    '"credential" :"victim"',
    '"credential"\t:\t"victim"',
    '"\\u0063redential":"victim"',
    '"\\u0063\\u0072edential"\n:"victim"',
    '"status":200',
    '"x":{"a":1,"a":2}',
    '"x":[{"a":1},{"b":1,"b":"\\\\\\""}]',
  ])('is no identity, nor anything else, however it is written: %s', (more) => {
    expect(parseOne(nginxJson, withMore(more))).toMatchObject({ unusable: 'key-twice' });
  });

  it.each([
    '"other":"a \\"credential\\": \\"victim\\""',
    '"other":"ends with a backslash \\\\"',
    '"other":"\\\\\\" : "',
    '"other":[":","\\":"]',
    '"":{"":{"":""}}',
  ])('is not found where it only looks like one: %s', (more) => {
    expect(parseOne(nginxJson, withMore(more))).not.toHaveProperty('unusable');
  });

  it('is found in no text that JSON.stringify has written, and in each to which one was added', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(object, fc.boolean(), (value, spaced) => {
        const text = JSON.stringify(value, null, spaced ? 2 : 0);
        const parsed = JSON.parse(text);
        expect(hasKeyTwice(text, parsed)).toBe(false);
        const [key] = Object.keys(value);
        if (key === undefined) return;
        const twice = `{${JSON.stringify(key)}:0,${text.trim().slice(1)}`;
        expect(hasKeyTwice(twice, JSON.parse(twice))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
