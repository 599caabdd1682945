import { isDeepStrictEqual } from 'node:util';
import type { Kafka } from 'kafkajs';
import { nameOf } from '../../src/sinks/elasticsearch/streams.ts';
import { DOCUMENTS } from '../kafka/names.ts';
import type { Elasticsearch } from '../servers/elasticsearch-client.ts';
import { documentsIn, withoutStamps } from '../sinks/elasticsearch/deliverables.ts';
import { readTopic } from './outcome.ts';

/** What differs between the alerts in Elasticsearch and those of `wayward scan`, whole documents by id. */
export async function differencesIn(server: Elasticsearch, expected: ReadonlyMap<string, string>): Promise<string[]> {
  const latest = new Map((await documentsIn(server, 'wayward-alerts-latest')).map((hit) => [hit._id, hit]));
  const notices = (await documentsIn(server, 'logs-wayward.alert-default')).map(({ _id }) => _id);
  const differences: string[] = [];
  const due: string[] = [];
  for (const [id, text] of expected) {
    const document = JSON.parse(text);
    for (const { severity } of document.wayward.severity_history) due.push(`${id}-${severity}`);
    const hit = latest.get(id);
    const found = hit && withoutStamps(hit);
    if (!isDeepStrictEqual(found, document))
      differences.push(`in Elasticsearch ${JSON.stringify(found)}\n  instead of ${text}`);
  }
  for (const id of latest.keys()) if (!expected.has(id)) differences.push(`${id} is in Elasticsearch only`);
  for (const id of new Set([...due, ...notices])) {
    const times = notices.filter((other) => other === id).length;
    if (times !== 1 || !due.includes(id)) differences.push(`${id} is ${times} times in the data stream`);
  }
  return differences;
}

/** What differs between the documents beside alerts, up to an offset of their topic, and those in Elasticsearch. */
export async function documentDifferences(server: Elasticsearch, client: Kafka, end: number) {
  const said = new Map<string, { readonly offset: number; readonly document: unknown }>();
  await readTopic(client, DOCUMENTS, (_partition, { value, offset }) => {
    const { stream, id, document } = JSON.parse(String(value));
    said.set(`${nameOf(stream, 'default')}/${id}`, { offset: Number(offset), document });
  });
  const found = new Map<string, unknown>();
  const differences: string[] = [];
  for (const target of new Set([...said.keys()].map((name) => name.split('/', 1)[0] ?? ''))) {
    for (const hit of await documentsIn(server, target)) {
      const name = `${target}/${hit._id}`;
      if (found.has(name)) differences.push(`${name} is there twice`);
      found.set(name, withoutStamps(hit));
    }
  }
  for (const [name, { offset, document }] of said) {
    if (offset < end && !isDeepStrictEqual(found.get(name), document)) differences.push(`missing, or differs: ${name}`);
  }
  for (const name of found.keys()) if (!said.has(name)) differences.push(`nobody said ${name}`);
  return { documents: said.size, differences };
}
