import { describe, expect, it } from 'vitest';
import { createRedactor, type FoundSecret } from '../../src/formats/redact.ts';
import { SECRET_PATTERNS } from '../../src/formats/secret-patterns/all.ts';
import { SECRET_SHAPES } from '../../src/formats/secret-patterns/shapes.ts';

const redactor = createRedactor(Buffer.alloc(32, 7));
const clean = (text: string) => {
  const found: FoundSecret[] = [];
  return { text: redactor.clean(text, 'url.query', found), kinds: found.map(({ kind }) => kind) };
};

/** Every pattern with every beginning and example: the kind and the whole secret. */
const FINDS = [
  ...SECRET_PATTERNS.flatMap(({ kind, starts, finds }) =>
    starts.flatMap((start) => finds.map((rest) => [kind, `${start}${rest}`] as const)),
  ),
  ...SECRET_SHAPES.flatMap(({ kind, finds }) => finds.map((pieces) => [kind, pieces.join('')] as const)),
];
const LEAVES = [...SECRET_PATTERNS, ...SECRET_SHAPES].flatMap(({ leaves }) => leaves);

describe('each pattern', () => {
  it.each(FINDS)('finds its examples: %s %s', (kind, secret) => {
    const body = secret.replace(/^bot/, '');
    for (const text of [secret, `x ${secret} y`, `/cb/${secret}/x`, `https://h/?q=${secret}&b=1`, `("${secret}")`]) {
      const { text: out, kinds } = clean(text);
      expect(out).not.toContain(body);
      expect(kinds).toEqual([kind]);
    }
  });

  it.each(LEAVES)('leaves what only looks like it: %s', (text) => {
    expect(clean(text)).toEqual({ text, kinds: [] });
  });

  it('says where it is from', () => {
    for (const { source, finds, leaves } of [...SECRET_PATTERNS, ...SECRET_SHAPES]) {
      expect(source.length).toBeGreaterThan(15);
      expect(finds.length).toBeGreaterThan(0);
      expect(leaves.length).toBeGreaterThan(0);
    }
  });
});
