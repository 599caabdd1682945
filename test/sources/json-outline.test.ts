import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonOutline } from '../../src/sources/json-outline.ts';

const outline = (text: string | Buffer, size = 65_536): string => {
  const bytes = Buffer.from(text);
  const made = new JsonOutline();
  for (let at = 0; at < bytes.length; at += size) made.push(bytes.subarray(at, at + size));
  return made.text.toString();
};

describe('the outline of a JSON object', () => {
  it('is all of it where nothing is long, however its bytes are cut', () => {
    const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 4 }));
    fc.assert(
      fc.property(object, fc.integer({ min: 1, max: 40 }), (value, size) => {
        const text = JSON.stringify(value);
        expect(outline(text, size)).toBe(text);
        expect(outline(JSON.stringify(value, null, 2), size)).toBe(text);
      }),
    );
  });

  it('has what stands behind a long text, a long list, many keys and great depth', () => {
    const text = JSON.stringify({
      auth: { id: 'a' },
      request: {
        data: Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`k${at}`, { deep: 'x'.repeat(100) }])),
        list: Array.from({ length: 10_000 }, (_, at) => at),
        note: 'é"\\\u0001'.repeat(100_000),
        number: '1'.repeat(10),
        path: 'secret/data/a',
      },
      time: 'now',
    });
    const deep = text.replace('"list":', `"deep":${'['.repeat(100_000)}1${']'.repeat(100_000)},"list":`);
    for (const size of [1, 1_000, 5_000_000]) {
      const made = outline(deep, size);
      expect(made.length).toBeLessThan(100_000);
      const read = JSON.parse(made) as { request: Record<string, unknown>; [key: string]: unknown };
      expect(read).toMatchObject({ auth: { id: 'a' }, request: { path: 'secret/data/a' }, time: 'now' });
      expect('é"\\\u0001'.repeat(100_000).startsWith(String(read.request['note']))).toBe(true);
      expect(String(read.request['note']).length).toBeGreaterThan(4_000);
    }
  });

  it('never fails, and is small, whatever the bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(fc.property(bytes, (some) => void outline(Buffer.concat([Buffer.from('{"a":'), some]))));
    for (const piece of ['{"a":', '[', '"a', '\\', '{"a":1,', '[1,', '[[],', '":"', '1', '}', '{"a":"b"},', '\u00ff'])
      expect(outline(`{"a":[${piece.repeat(2_000_000 / piece.length)}`).length).toBeLessThan(400_000);
  });
});
