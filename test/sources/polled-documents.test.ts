import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { DocumentPage, DocumentPlace, DocumentReader } from '../../src/sources/documents.ts';
import { DocumentSource, placeOf } from '../../src/sources/documents.ts';
import { PolledDocuments } from '../../src/sources/polled-documents.ts';

const document = (n: number, at = `2026-09-01T10:00:${String(n).padStart(2, '0')}Z`) => ({
  ...{ id: `r${n}`, at, text: `{"n":${n}}` },
});

/** A store of documents, two a page, that may be away or slow. */
function place(from?: DocumentPlace) {
  const kept: ReturnType<typeof document>[] = [];
  const opened: (DocumentPlace | undefined)[] = [];
  const said: (string | undefined)[] = [];
  const store = { error: undefined as Error | undefined, slow: false };
  const open = (begin: DocumentPlace | undefined): DocumentReader => {
    opened.push(begin);
    const rest = kept.filter(
      ({ at, id }) => begin === undefined || at > begin.at || (at === begin.at && !begin.ids.includes(id)),
    );
    return {
      async next(): Promise<DocumentPage | undefined> {
        if (store.slow) await sleep(50);
        if (store.error !== undefined) throw store.error;
        const documents = rest.splice(0, 2);
        return documents.length === 0 ? undefined : { documents };
      },
      close: async () => undefined,
    };
  };
  const mayPass = (error: unknown): error is Error => error instanceof RangeError;
  const polled = new PolledDocuments({ open, from, mayPass, every: 20, changed: (trouble) => said.push(trouble) });
  const read = async (until: number, source = new DocumentSource('store', polled)): Promise<string> => {
    let text = '';
    for (let turn = 0; turn < 200 && text.split('\n').length <= until; turn++) {
      const bytes = await source.read();
      if (Buffer.isBuffer(bytes)) text += bytes.toString();
      else await sleep(5);
    }
    return text;
  };
  return { kept, opened, said, store, polled, read };
}

test('what was there is read first, then what comes, each once, also of one time', async () => {
  const { kept, polled, read, opened } = place();
  kept.push(document(1), document(2), document(3));
  expect(await polled.next()).toEqual({ documents: [document(1), document(2)] });
  expect(await polled.next()).toEqual({ documents: [document(3)] });
  expect(await polled.next()).toBe('caught-up');
  kept.push({ ...document(3), id: 'of the same time' }, document(4));
  expect(await read(2)).toBe('{"n":3}\n{"n":4}\n');
  expect(opened.slice(0, 2)).toEqual([undefined, { at: document(3).at, ids: ['r3'] }]);
  await polled.close();
});

test('a place of an earlier run is where it begins', async () => {
  const first = place();
  first.kept.push(document(1), document(2), document(3));
  const source = new DocumentSource('store', first.polled);
  await first.read(3, source);
  const position = source.save(16); // two lines are used
  const second = place(placeOf(position));
  second.kept.push(...first.kept, document(4));
  expect(await second.read(2, new DocumentSource('store', second.polled, position))).toBe('{"n":3}\n{"n":4}\n');
  await first.polled.close();
  await second.polled.close();
});

test('a store that is away is said once, asked again, and holds up nobody', async () => {
  const { kept, polled, read, said, store } = place();
  store.error = new RangeError('it is away');
  expect(await polled.next()).toBe('caught-up');
  store.slow = true;
  await sleep(30);
  const began = performance.now();
  expect(await polled.next()).toBe('caught-up');
  expect(performance.now() - began).toBeLessThan(40);
  await expect.poll(() => polled.trouble).toBe('it is away');
  expect(said).toEqual(['it is away']);
  store.error = undefined;
  kept.push(document(1));
  expect(await read(1)).toBe('{"n":1}\n');
  expect([said, polled.trouble]).toEqual([['it is away', undefined], undefined]);
  await polled.close();
});

test('what is no fault of the store ends it', async () => {
  const { polled, store } = place();
  store.error = new TypeError('ours');
  await expect(polled.next()).rejects.toThrow('ours');
  await polled.close();
});
