import { isDeepStrictEqual } from 'node:util';
import type { Elasticsearch } from '../servers/elasticsearch.ts';

interface Hit {
  readonly _id: string;
  readonly _source: { readonly event: Record<string, unknown> };
}

/** More alerts than a run of these tests has. */
const MOST = 10_000;

async function everything(server: Elasticsearch, target: string): Promise<Hit[]> {
  await server.call('POST', `${target}/_refresh`);
  const { status, body } = await server.call('POST', `${target}/_search`, { size: MOST });
  if (status !== 200) throw new Error(`${target}: ${JSON.stringify(body)}`);
  return body.hits.hits;
}

/** What differs between the alerts in Elasticsearch and those of `wayward scan`, whole documents by id. */
export async function differencesIn(server: Elasticsearch, expected: ReadonlyMap<string, string>): Promise<string[]> {
  const latest = new Map((await everything(server, 'wayward-alerts-latest')).map((hit) => [hit._id, hit]));
  const notices = (await everything(server, 'logs-wayward.alert-default')).map(({ _id }) => _id);
  const differences: string[] = [];
  const due: string[] = [];
  for (const [id, text] of expected) {
    const document = JSON.parse(text);
    for (const { severity } of document.wayward.severity_history) due.push(`${id}-${severity}`);
    const { ingested, ...event } = latest.get(id)?._source.event ?? {};
    const found = { ...latest.get(id)?._source, event };
    if (ingested === undefined || !isDeepStrictEqual(found, document))
      differences.push(`in Elasticsearch ${JSON.stringify(found)}\n  instead of ${text}`);
  }
  for (const id of latest.keys()) if (!expected.has(id)) differences.push(`${id} is in Elasticsearch only`);
  for (const id of new Set([...due, ...notices])) {
    const times = notices.filter((other) => other === id).length;
    if (times !== 1 || !due.includes(id)) differences.push(`${id} is ${times} times in the data stream`);
  }
  return differences;
}
