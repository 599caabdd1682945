import { closeUnlessKnown } from '../pipeline/close-alert.ts';
import { createDelivery } from '../pipeline/elasticsearch.ts';
import { LocalDelivery } from '../pipeline/local-delivery.ts';
import { Outgoing } from '../pipeline/outgoing.ts';
import { VerdictWatch } from '../pipeline/verdict-watch.ts';
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
  console: string | undefined,
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
  const local = new LocalDelivery({ table, outgoing, delivery, response, measurements, telemetry, log, console });
  const verdicts = new VerdictWatch({
    ...{ client, settings, telemetry, log },
    take: ({ alert, value: verdict, ...said }) => {
      if (closeUnlessKnown(alert, { verdict, ...said }, store, response))
        log.info({ alert, verdict, by: said.by }, 'closed in Elastic Security');
    },
  });
  return {
    outgoing,
    start() {
      local.start();
      verdicts.start();
    },
    async stop() {
      await verdicts.stop();
      await local.stop();
      await client.close();
    },
  };
}
