import type { SinkKind } from '../sink.ts';
import { createElasticsearch, ElasticsearchAway, requireElasticsearch } from './client.ts';
import { Delivery } from './delivery.ts';
import { type ElasticsearchSettings, elasticsearchSchema, locatedElasticsearch } from './settings.ts';

export const elasticsearch: SinkKind<ElasticsearchSettings> = {
  id: 'elasticsearch',
  title: 'Elasticsearch',
  about: {
    gets: 'every alert as it stands, each rise of its severity, and all documents',
    promises: 'each once: ids and versions are ours, and what may be there is looked for first',
    tested: 'Elasticsearch 8.19',
  },
  settings: elasticsearchSchema,
  located: locatedElasticsearch,
  async open(settings, options) {
    const client = createElasticsearch(settings);
    try {
      await requireElasticsearch(client, settings);
    } catch (error) {
      if (!(error instanceof ElasticsearchAway)) throw error;
    }
    return new Delivery({ ...options, client, settings });
  },
};
