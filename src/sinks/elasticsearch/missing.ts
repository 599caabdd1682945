import type { Client } from '@elastic/elasticsearch';
import type { Operation } from './operation.ts';

/**
 * Those operations whose documents are nowhere in their data streams, looked up in every backing index: a refresh makes
 * what was written until now visible. Operations with a version need no look: they are left in.
 */
export async function missing(
  client: Client,
  operations: readonly Operation[],
  signal: AbortSignal,
): Promise<Operation[]> {
  const creates = operations.filter(({ version }) => version === undefined);
  const there = new Map<string, ReadonlySet<string>>();
  for (const [target, group] of Map.groupBy(creates, (operation) => operation.target)) {
    const ids = group.map(({ id }) => id);
    there.set(target, await presentIds(client, target, ids, signal));
  }
  return operations.filter(({ target, id, version }) => version !== undefined || !there.get(target)?.has(id));
}

async function presentIds(
  client: Client,
  target: string,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  await client.indices.refresh({ index: target }, { signal, ignore: [404] });
  const { hits } = await client.search(
    {
      index: target,
      ignore_unavailable: true, // no document yet, no data stream
      allow_partial_search_results: false,
      query: { ids: { values: [...ids] } },
      _source: false,
      size: ids.length,
    },
    { signal },
  );
  return new Set(hits.hits.map(({ _id }) => _id ?? ''));
}
