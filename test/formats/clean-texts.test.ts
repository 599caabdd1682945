import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CleanTexts } from '../../src/formats/clean-texts.ts';
import type { FoundSecret } from '../../src/formats/redact.ts';
import { redactor } from './records.ts';

const SECRET = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
const clean = (text: string, found: FoundSecret[]): string => redactor.show(text, 'event.action', 64, found);

test('each record with a secret has its own finding, however often the text came before', () => {
  const texts = new CleanTexts(clean);
  for (let time = 0; time < 3; time++) {
    const found: FoundSecret[] = [];
    expect(texts.clean(`select 1 -- ${SECRET}`, found)).not.toContain(SECRET);
    expect(found).toHaveLength(1);
  }
});

test('a secret beyond those that are told apart in a record is found in the next one', () => {
  const texts = new CleanTexts(clean);
  const full = Array.from({ length: 8 }, () => ({ kind: 'x', field: 'y', fingerprint: () => '' })) as FoundSecret[];
  texts.clean(`key ${SECRET}`, full);
  const found: FoundSecret[] = [];
  texts.clean(`key ${SECRET}`, found);
  expect(found).toHaveLength(1);
});

test('any texts in any order become what each becomes alone', () => {
  const text = fc.oneof(fc.string({ maxLength: 80 }), fc.constantFrom('orders', 'a\u0000b', `x ${SECRET}`, 'é\ud800'));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 40 }), (all) => {
      const texts = new CleanTexts(clean);
      expect([...all, ...all].map((one) => texts.clean(one, []))).toEqual(
        [...all, ...all].map((one) => clean(one, [])),
      );
    }),
  );
});

test('a text that was made once is not made again, unless it is long', () => {
  let made = 0;
  const texts = new CleanTexts((text) => {
    made++;
    return text;
  });
  for (const one of ['orders', 'orders', 'x'.repeat(600), 'x'.repeat(600)]) texts.clean(one, []);
  expect(made).toBe(3);
});
