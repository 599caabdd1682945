import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonPosition } from '../../src/config/json-position.ts';

type Place = { readonly path: readonly PropertyKey[]; readonly text: string };

/** Every path into a value, with the text that stands there in its compact JSON. */
function places(value: unknown, path: readonly PropertyKey[] = []): Place[] {
  if (Array.isArray(value)) {
    return value.flatMap((entry, index) => {
      const here = [...path, index];
      return [{ path: here, text: JSON.stringify(entry) }, ...places(entry, here)];
    });
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => {
    const here = [...path, key];
    return [{ path: here, text: `${JSON.stringify(key)}:${JSON.stringify(entry)}` }, ...places(entry, here)];
  });
}

test('finds every value of any JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = JSON.stringify(value);
      for (const { path, text: expected } of places(JSON.parse(text))) {
        expect(text.slice(jsonPosition(text, path)).startsWith(expected)).toBe(true);
      }
    }),
  );
});

test('a path that leads nowhere ends at what is there', () => {
  const text = ' {"a": [1, {"b": 2}]}';
  expect(jsonPosition(text, ['a', 1, 'c'])).toBe(text.indexOf('{"b"'));
  expect(jsonPosition(text, ['a', 7])).toBe(text.indexOf('"a"'));
  expect(jsonPosition(text, ['x', 'y'])).toBe(1);
});
