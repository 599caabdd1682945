import { readFileSync } from 'node:fs';
import type { Elasticsearch } from '../../servers/elasticsearch-client.ts';

/** What an integration of Elastic's makes of each line of our gateway's log. */
export const ecsOf = (log: string): object[] =>
  readFileSync(log, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { time, credential, method, uri, status, body_bytes_sent: bytes, ...rest } = JSON.parse(line);
      return {
        ...{ '@timestamp': time, ecs: { version: '8.17.0' }, user: { name: credential }, url: { path: uri } },
        event: { kind: 'event', dataset: 'gateway.access', outcome: status < 400 ? 'success' : 'failure' },
        http: { request: { method }, response: { status_code: status, body: { bytes } } },
        ...{ source: { ip: rest.remote_addr }, user_agent: { original: rest.user_agent } },
      };
    });

/** Keeps them in indices, in an order that is not that of time. @throws Error where Elasticsearch does not take them all */
export async function keepDocuments(
  { url, call }: Pick<Elasticsearch, 'url' | 'call'>,
  index: string,
  documents: readonly object[],
): Promise<void> {
  const body = documents.toReversed().flatMap((document) => ['{"create":{}}', JSON.stringify(document)]);
  const response = await fetch(`${url}/${index}/_bulk?refresh=true`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: `${body.join('\n')}\n` },
  });
  const said = (await response.json()) as { errors?: boolean };
  if (said.errors !== false) throw new Error(`${index}: ${JSON.stringify(said).slice(0, 500)}`);
  await call('POST', `${index}/_refresh`);
}
