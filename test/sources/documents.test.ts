import { expect, test } from 'vitest';
import { type DocumentPage, type DocumentReader, DocumentSource, placeOf } from '../../src/sources/documents.ts';
import type { SourcePosition } from '../../src/sources/source.ts';

const document = (id: string, at: string) => ({ id, at, text: `{"id":"${id}"}` });
const LENGTH = document('a', '').text.length + 1;

function sourceOf(pages: readonly DocumentPage[], resume?: SourcePosition) {
  let turn = 0;
  const reader: DocumentReader = { next: async () => pages[turn++], close: async () => undefined };
  return new DocumentSource('elasticsearch:logs', reader, resume);
}

test('gives each document as a line, in order, and then the end', async () => {
  const source = sourceOf([{ documents: [document('a', '1'), document('b', '2')] }, { documents: [] }]);
  expect(String(await source.read())).toBe('{"id":"a"}\n{"id":"b"}\n');
  expect(String(await source.read())).toBe('');
  expect(await source.read()).toBe('end');
});

test('a place names all documents of its time that were used, over pages, and none that were not', async () => {
  const source = sourceOf([
    { documents: [document('a', '1'), document('b', '2')] },
    { documents: [document('c', '2'), document('d', '2')] },
    { documents: [document('e', '2'), document('f', '3')] },
  ]);
  const places = [];
  while ((await source.read()) !== 'end') places.push(placeOf(source.save(1_000)));
  expect(places.map((place) => [place?.at, place?.ids.toSorted().join('')])).toEqual([
    ['2', 'b'],
    ['2', 'bcd'],
    ['3', 'f'],
  ]);
  expect(placeOf(source.save(5 * LENGTH))).toMatchObject({
    at: '2',
    ids: expect.arrayContaining(['b', 'c', 'd', 'e']),
  });
  // In the middle of a document: it has not been used.
  expect(placeOf(source.save(5 * LENGTH - 1))?.ids).not.toContain('e');
});

test('goes on where it stood, and stands there as long as it has read nothing', async () => {
  const saved = { name: 'elasticsearch:logs', offset: 2 * LENGTH, identity: '["2","b"]' };
  const source = sourceOf([{ documents: [document('c', '2')] }], saved);
  expect([source.startsAt, source.startsInside]).toEqual([2 * LENGTH, false]);
  expect(source.save(2 * LENGTH)).toEqual(saved);
  await source.read();
  expect(placeOf(source.save(3 * LENGTH))).toEqual({ at: '2', ids: ['b', 'c'] });
  expect(source.save(3 * LENGTH).offset).toBe(3 * LENGTH);
});

test('one that stood at its beginning begins there', () => {
  const source = sourceOf([]);
  expect(placeOf(source.save(0))).toBeUndefined();
  expect(sourceOf([], source.save(0)).startsAt).toBe(0);
});

test('twenty thousand documents of one time take no more room than some thousand', async () => {
  const pages = Array.from({ length: 20 }, (_, page) => ({
    documents: Array.from({ length: 1_000 }, (_, at) => document(`${page}-${at}`, '1')),
  }));
  const source = sourceOf(pages);
  while ((await source.read()) !== 'end') source.problem();
  const place = placeOf(source.save(Number.MAX_SAFE_INTEGER));
  expect(place?.ids).toHaveLength(5_000);
});

test('tells a problem of a page once', async () => {
  const problem = { reason: 'too-long', detail: 'A document is too long.' };
  const source = sourceOf([{ documents: [], problem }, { documents: [document('a', '1')] }]);
  await source.read();
  expect(source.problem()).toEqual(problem);
  await source.read();
  expect(source.problem()).toBeUndefined();
});
