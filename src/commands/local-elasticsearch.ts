import { createDelivery } from '../pipeline/elasticsearch.ts';
import { LocalDelivery } from '../pipeline/local-delivery.ts';
import { Outgoing } from '../pipeline/outgoing.ts';
import type { ResponseContext } from '../response/context.ts';
import type { Store } from '../sinks/store.ts';
import { OutgoingTable } from '../sinks/store-outgoing.ts';
import type { DeadLetterFile } from '../sources/dead-letter-file.ts';
import type { ConnectedElasticsearch } from './elasticsearch-of.ts';
import type { Ops } from './ops.ts';
import type { ServiceLog } from './service-log.ts';

export interface LocalElasticsearch {
  /** Where the pipeline puts what is to be delivered. */
  readonly outgoing: Outgoing;
  start(): void;
  /** Delivers what is left, unless that takes long. */
  stop(): Promise<void>;
}

/** Delivery to Elasticsearch in one process without Kafka, by way of the local store. */
export function createLocalElasticsearch(
  { client, settings }: ConnectedElasticsearch,
  store: Store,
  response: ResponseContext,
  letters: DeadLetterFile,
  { telemetry, metrics }: Ops,
  log: ServiceLog,
): LocalElasticsearch {
  const table = new OutgoingTable(store);
  const outgoing = new Outgoing(store, table);
  const delivery = createDelivery({
    client,
    settings,
    telemetry,
    log,
    wait: 'in the local store',
    keep: (letter) => letters.write(letter),
  });
  const measurements = () => metrics.measurements();
  const local = new LocalDelivery({ table, outgoing, delivery, response, measurements, telemetry, log });
  return {
    outgoing,
    start: () => local.start(),
    async stop() {
      await local.stop();
      await client.close();
    },
  };
}
