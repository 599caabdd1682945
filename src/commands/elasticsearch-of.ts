import type { Client } from '@elastic/elasticsearch';
import { createElasticsearch, ElasticsearchAway, requireElasticsearch } from '../sinks/elasticsearch/client.ts';
import type { ElasticsearchSettings } from '../sinks/elasticsearch/settings.ts';

export interface ConnectedElasticsearch {
  readonly client: Client;
  readonly settings: ElasticsearchSettings;
}

/**
 * Elasticsearch as configured, with its secrets resolved. Away is no reason not to begin: what is to be delivered waits.
 * @throws ServerUnavailableError when a person has to do something first
 */
export async function elasticsearchOf(settings: ElasticsearchSettings): Promise<ConnectedElasticsearch> {
  const client = createElasticsearch(settings);
  try {
    await requireElasticsearch(client, settings);
  } catch (error) {
    if (!(error instanceof ElasticsearchAway)) throw error;
  }
  return { client, settings };
}
