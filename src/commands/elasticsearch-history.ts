import { errors } from '@elastic/elasticsearch';
import type { WaywardConfig } from '../config/wayward-yaml.ts';
import { NothingToReadError, UsageError } from '../errors.ts';
import { asking, createElasticsearch } from '../sinks/elasticsearch/client.ts';
import { ElasticsearchHistory } from '../sinks/elasticsearch/history.ts';
import { type DocumentReader, DocumentSource, placeOf } from '../sources/documents.ts';
import type { OpenOptions } from '../sources/open.ts';
import type { Source } from '../sources/source.ts';
import type { CommandIo } from './io.ts';
import { secretContext } from './options.ts';

/**
 * What `--elasticsearch INDEX` reads, from the server of wayward.yaml.
 * @throws UsageError, NothingToReadError and ServerUnavailableError with what to write or to check
 */
export async function openElasticsearchHistory(
  index: string,
  config: WaywardConfig,
  io: CommandIo,
  resume: OpenOptions['resume'],
): Promise<Source> {
  const { elasticsearch: settings } = config;
  if (settings === undefined)
    throw new UsageError(
      `--elasticsearch ${index}: no server is known; write elasticsearch: { node: "https://…" } into wayward.yaml`,
    );
  await config.resolveSecrets(['elasticsearch'], secretContext(io));
  // A document that names __proto__ is read as any other: none of it is used but as text.
  const client = createElasticsearch(settings, { disablePrototypePoisoningProtection: true });
  const name = `elasticsearch:${index}`;
  const position = resume?.get(name);
  const opened = await asking(settings, () =>
    ElasticsearchHistory.open(client, index, position && placeOf(position)).catch(whyNot),
  );
  if (typeof opened === 'string') throw new UsageError(`--elasticsearch ${index}: ${opened}`);
  if (opened === undefined) throw new NothingToReadError(`--elasticsearch ${index}: no index fits this pattern`);
  const reader: DocumentReader = {
    next: () => asking(settings, () => opened.next()),
    close: () => opened.close().finally(() => client.close()),
  };
  return new DocumentSource(name, reader, position);
}

const EXAMPLE = 'write an index, a data stream or a pattern such as "logs-nginx.access-*"';
const WHY_NOT: ReadonlyMap<number | undefined, string> = new Map([
  [404, `there is no such index; ${EXAMPLE}`],
  [400, `Elasticsearch does not take this name; ${EXAMPLE}`],
  [403, 'Elasticsearch forbids it; give whom elasticsearch: names the privilege "read" on it'],
]);

/** What is wrong with the name that was given. @throws what says nothing of it */
function whyNot(error: unknown): string {
  const said = error instanceof errors.ResponseError ? WHY_NOT.get(error.statusCode) : undefined;
  if (said === undefined) throw error;
  return said;
}
