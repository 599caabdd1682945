import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeJson } from '../../src/formats/complete-json.ts';

const completed = (text: string): unknown => {
  const json = completeJson(text);
  return json === undefined ? undefined : JSON.parse(json);
};

describe('the beginning of a JSON object', () => {
  it.each([
    ['a text', '{"a":"begi', { a: 'begi' }],
    ['a text within a list', '{"a":["x","begi', { a: ['x', 'begi'] }],
    ['half an escape', String.raw`{"a":"x\u00`, { a: 'x' }],
    ['a backslash', '{"a":"x\\', { a: 'x' }],
    ['an escaped backslash', String.raw`{"a":"x\\`, { a: 'x\\' }],
    ['a key', '{"a":1,"cred', { a: 1 }],
    ['a key without its value', '{"a":{"b":2,"c":', { a: { b: 2 } }],
    ['a number, of which digits may be missing', '{"a":1,"b":12', { a: 1 }],
    ['a word', '{"a":1,"b":tr', { a: 1 }],
    ['a comma', '{"a":[1,{"b":2},', { a: [1, { b: 2 }] }],
    ['nothing', '{', {}],
    ['the end', '{"a":{"b":["c"]}}', { a: { b: ['c'] } }],
  ])('is read up to the cut: in %s', (_name, text, value) => {
    expect(completed(text)).toEqual(value);
  });

  it('is none where the text is no object', () => {
    for (const text of ['', '[1,2', '"a', 'null', 'x{"a":1']) expect(completeJson(text)).toBeUndefined();
  });

  it('never gives a value that does not stand there, wherever it is cut', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(object, fc.nat(), (value, at) => {
        const text = JSON.stringify(value);
        const cut = completed(text.slice(0, 1 + (at % text.length)));
        expect(isPartOf(cut, JSON.parse(text))).toBe(true);
      }),
    );
  });

  it('takes no time that grows faster than the text', () => {
    for (const piece of ['"', '\\', '{"a":', '[', '{"a":"\\'])
      expect(['string', 'undefined']).toContain(typeof completeJson(`{"a":${piece.repeat(200_000 / piece.length)}`));
  });
});

/** Texts may be shorter at their end, objects and lists may have less in them. */
const isPartOf = (part: unknown, whole: unknown): boolean => {
  if (typeof part === 'string') return typeof whole === 'string' && whole.startsWith(part);
  if (typeof part !== 'object' || part === null) return Object.is(part, whole);
  if (typeof whole !== 'object' || whole === null || Array.isArray(part) !== Array.isArray(whole)) return false;
  const [some, all] = [new Map(Object.entries(part)), new Map(Object.entries(whole))];
  return [...some].every(([key, value]) => all.has(key) && isPartOf(value, all.get(key)));
};
