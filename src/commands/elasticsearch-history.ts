import { errors } from '@elastic/elasticsearch';
import type { WaywardConfig } from '../config/wayward-yaml.ts';
import { NothingToReadError, ServerUnavailableError, UsageError } from '../errors.ts';
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
    ElasticsearchHistory.open(client, index, position && placeOf(position)).catch((error) => whyNot(index, error)),
  );
  if (opened instanceof Error) throw opened;
  if (opened === undefined) throw new NothingToReadError(`--elasticsearch ${index}: no index fits this pattern`);
  const reader: DocumentReader = {
    next: () => asking(settings, () => opened.next()),
    close: () => opened.close().finally(() => client.close()),
  };
  return new DocumentSource(name, reader, position);
}

/** What is wrong with the name that was given. @throws what says nothing of it */
function whyNot(index: string, error: unknown): Error {
  const status = error instanceof errors.ResponseError ? error.statusCode : undefined;
  const where = `--elasticsearch ${index}: `;
  const example = 'write an index, a data stream or a pattern such as "logs-nginx.access-*"';
  if (status === 404) return new UsageError(`${where}there is no such index; ${example}`);
  if (status === 400) return new UsageError(`${where}Elasticsearch does not take this name; ${example}`);
  if (status !== 403) throw error;
  return new ServerUnavailableError(`${where}Elasticsearch forbids it (403); it needs the privilege "read" there`);
}
