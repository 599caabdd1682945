import { alertDocument } from '../../../src/alerts/document.ts';
import type { OutgoingDocument } from '../../../src/documents/outgoing.ts';
import type { AlertRevision } from '../../../src/sinks/sink.ts';
import { alertOf } from '../../response/alert-of.ts';
import type { Elasticsearch, ElasticsearchAnswer } from '../../servers/elasticsearch-client.ts';

/** So many alerts, each new and at its first severity. */
export const revisions = (name: string, count: number): AlertRevision[] =>
  Array.from({ length: count }, (_, at) => {
    const alert = alertOf({ id: `${name}-${at}` });
    return { alert, document: alertDocument(alert), rose: true };
  });

export const activity = (name: string, count: number): OutgoingDocument[] =>
  Array.from({ length: count }, (_, at) => ({
    stream: 'activity',
    id: `${name}-${at}`,
    document: {
      '@timestamp': '2026-09-01T10:00:00.000Z',
      event: { id: `${name}-${at}` },
      wayward: { slot: 'postgres' },
    },
  }));

export interface Hit {
  readonly _id: string;
  readonly _index: string;
  readonly _source: ElasticsearchAnswer;
}

/** Every document of a data stream or index whose id begins so, in all its backing indices, in order of ids. */
export async function documentsIn(server: Elasticsearch, target: string, prefix = ''): Promise<Hit[]> {
  await server.call('POST', `${target}/_refresh`);
  const hits: Hit[] = [];
  let answer = await server.call('POST', `${target}/_search?scroll=1m`, { size: 5_000 });
  while (answer.status === 200 && answer.body.hits.hits.length > 0) {
    hits.push(...answer.body.hits.hits);
    answer = await server.call('POST', '_search/scroll', { scroll: '1m', scroll_id: answer.body._scroll_id });
  }
  if (answer.status !== 200) throw new Error(`${target}: ${JSON.stringify(answer.body)}`);
  return hits.filter(({ _id }) => _id.startsWith(prefix)).sort((a, b) => (a._id < b._id ? -1 : 1));
}

/** The document without what is set while it is indexed. */
export function withoutStamps({ _source }: Hit): unknown {
  const { data_stream: _, event, ...rest } = _source;
  const { ingested, ...kept } = event;
  if (Number.isNaN(Date.parse(ingested))) throw new Error(`no event.ingested: ${JSON.stringify(_source)}`);
  return { ...rest, event: kept };
}
