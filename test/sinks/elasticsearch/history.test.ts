import { type Client, errors } from '@elastic/elasticsearch';
import { expect, test } from 'vitest';
import { ElasticsearchHistory } from '../../../src/sinks/elasticsearch/history.ts';

interface Asked {
  readonly size: number;
  readonly _source?: boolean;
  readonly search_after?: readonly [string, number];
}
const AT = '2026-11-30T12:00:00.000Z';

/** Documents in an order, some of which no answer can hold; an answer holds so many of the others. */
function clientOf(documents: readonly object[], { most = 1_000, tooLong = [] as number[], timeless = 0 } = {}) {
  const asked: Asked[] = [];
  const search = async (request: Asked) => {
    if (request.size === 0) return { hits: { total: { value: timeless }, hits: [] }, _shards: { total: 1 } };
    asked.push(request);
    const from = (request.search_after?.[1] ?? -1) + 1;
    const hits = documents.slice(from, from + request.size).map((_source, index) => ({
      ...{ _index: 'logs', _id: `${from + index}`, _source, sort: [AT, from + index] },
    }));
    const isTooMuch = hits.length > most || hits.some(({ sort }) => tooLong.includes(sort[1] as number));
    if (request._source !== false && isTooMuch) throw new errors.RequestAbortedError('too much');
    return { hits: { hits } };
  };
  const close = { closed: 0 };
  const client = {
    ...{ search, openPointInTime: async () => ({ id: 'pit' }) },
    closePointInTime: async () => void close.closed++,
  };
  return { client: client as unknown as Client, asked, close };
}

async function read(client: Client, from?: { at: string; ids: string[] }) {
  const history = await ElasticsearchHistory.open(client, 'logs', from);
  const texts: string[] = [];
  const problems: string[] = [];
  for (let page = await history?.next(); page !== undefined; page = await history?.next()) {
    texts.push(...page.documents.map(({ text }) => text));
    if (page.problem !== undefined) problems.push(`${page.problem.reason}: ${page.problem.detail}`);
  }
  await history?.close();
  return { texts, problems };
}
const numbered = (count: number) => Array.from({ length: count }, (_, number) => ({ number }));
const textsOf = (documents: readonly object[]) => documents.map((document) => JSON.stringify(document));

test('reads page after page, each behind the last document of the one before, and lets go of the view at the end', async () => {
  const { client, asked, close } = clientOf(numbered(2_500));
  expect((await read(client)).texts).toEqual(textsOf(numbered(2_500)));
  expect(asked.map(({ search_after: after }) => after?.[1])).toEqual([undefined, 999, 1_999, 2_499]);
  expect(close.closed).toBe(1);
});

test('asks for fewer documents where they are long, and for more again later', async () => {
  const { client, asked } = clientOf(numbered(300), { most: 70 });
  expect((await read(client)).texts).toEqual(textsOf(numbered(300)));
  expect(Math.min(...asked.map(({ size }) => size))).toBeGreaterThan(10);
});

test('one that is too long for any answer is left out, counted and told; those around it are read', async () => {
  const { client } = clientOf(numbered(30), { tooLong: [0, 17, 18] });
  const { texts, problems } = await read(client);
  expect(texts).toEqual(textsOf(numbered(30).filter(({ number }) => ![0, 17, 18].includes(number))));
  expect(problems).toEqual(
    Array.from({ length: 3 }, () => `too-long: A document of ${AT} is longer than 32 MiB: it is left out.`),
  );
});

test('says how many have no time', async () => {
  const { problems, texts } = await read(clientOf(numbered(2), { timeless: 1_200 }).client);
  expect(problems).toEqual(['no-timestamp: 1,200 of its documents have no @timestamp: they are left out.']);
  expect(texts).toHaveLength(2);
});

test('behind a place, leaves out what was used of its time and nothing else', async () => {
  const { client } = clientOf(numbered(4));
  expect((await read(client, { at: AT, ids: ['logs/0', 'logs/2'] })).texts).toEqual(['{"number":1}', '{"number":3}']);
  expect((await read(client, { at: '2026-11-30T11:59:59.000Z', ids: ['logs/0'] })).texts).toHaveLength(4);
});
