import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvFields } from '../../src/formats/csv.ts';
import { CsvOutline } from '../../src/sources/csv-outline.ts';

const outline = (text: string, size = 65_536): string => {
  const bytes = Buffer.from(text);
  const made = new CsvOutline();
  for (let at = 0; at < bytes.length; at += size) made.push(bytes.subarray(at, at + size));
  return made.text.toString();
};

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

describe('the outline of a record of CSV', () => {
  it('is all of it where nothing is long, however its bytes are cut', () => {
    const fields = fc.array(fc.string().map(quoted), { maxLength: 20 });
    fc.assert(
      fc.property(fields, fc.integer({ min: 1, max: 40 }), (some, size) => {
        const record = ['1', ...some, '', '2'].join(',');
        expect(outline(record, size)).toBe(record);
      }),
    );
  });

  it('has every field: of long ones the beginnings', () => {
    const long = fc.constantFrom('x', '"', '",', '"x', 'é"\n', '""""x,').map((piece) => piece.repeat(100_000));
    fc.assert(
      fc.property(fc.array(long, { minLength: 1, maxLength: 4 }), fc.constantFrom(999, 100_000), (texts, size) => {
        const made = outline(['first', ...texts.map(quoted), '', '', 'last'].join(','), size);
        expect(made.length).toBeLessThan(texts.length * 17_000 + 100);
        const fields = csvFields(made, 0, 26);
        expect([fields[0], ...fields.slice(texts.length + 1)]).toEqual(['first', '', '', 'last']);
        texts.forEach((text, at) => {
          // The cut may go through a character.
          const begun = (fields[at + 1] ?? '').replace(/\ufffd$/, '');
          expect(begun.length).toBeGreaterThan(5_000);
          expect(text.startsWith(begun)).toBe(true);
        });
      }),
      { numRuns: 20 },
    );
  });
});
