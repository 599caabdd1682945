import type { WaywardConfig } from '../config/wayward-yaml.ts';
import { closeUnlessKnown } from '../operator/close-alert.ts';
import { LocalDelivery, type QueuedSink } from '../pipeline/local-delivery.ts';
import { openSink } from '../pipeline/open-sinks.ts';
import { Outgoing } from '../pipeline/outgoing.ts';
import { VerdictWatch } from '../pipeline/verdict-watch.ts';
import type { ResponseContext } from '../response/context.ts';
import type { Store } from '../sinks/store.ts';
import { OutgoingTable } from '../sinks/store-outgoing.ts';
import type { DeadLetterFile } from '../sources/dead-letter-file.ts';
import type { Ops } from './ops.ts';
import type { ServiceLog } from './service-log.ts';

export interface LocalSinks {
  /** Where the pipeline puts what is to be delivered. */
  readonly outgoing: Outgoing;
  start(): void;
  /** Delivers what is left, unless that takes long. */
  stop(): Promise<void>;
}

export interface LocalSinksOptions {
  readonly config: WaywardConfig;
  readonly store: Store;
  readonly response: ResponseContext;
  readonly letters: DeadLetterFile;
  readonly ops: Ops;
  readonly log: ServiceLog;
}

/**
 * Delivery in one process without Kafka, by way of the local store; undefined where no sink is configured.
 * @throws ServerUnavailableError when a person has to do something first
 */
export async function openLocalSinks(options: LocalSinksOptions): Promise<LocalSinks | undefined> {
  const { config, store, response, letters, ops, log } = options;
  if (config.sinks.length === 0) return undefined;
  const { telemetry, metrics } = ops;
  const keep = letters.write.bind(letters);
  const sinks: QueuedSink[] = [];
  for (const configured of config.sinks) {
    const open = await openSink(configured, { telemetry, log, wait: 'in the local store', keep });
    sinks.push({ ...open, table: new OutgoingTable(store, configured.id) });
  }
  const outgoing = new Outgoing(
    store,
    sinks.map(({ table }) => table),
  );
  const measurements = () => metrics.measurements();
  const console = config.console?.url;
  const local = new LocalDelivery({ sinks, outgoing, response, measurements, telemetry, log, console });
  const verdicts = watchVerdicts(options);
  return {
    outgoing,
    start() {
      local.start();
      verdicts?.start();
    },
    async stop() {
      await verdicts?.stop();
      await local.stop();
      for (const { sink } of sinks) await sink.close();
    },
  };
}

/** What is closed in Elastic Security, where an index of its alerts is configured. */
const watchVerdicts = ({ config, store, response, ops, log }: LocalSinksOptions): VerdictWatch | undefined =>
  config.elasticsearch &&
  new VerdictWatch({
    ...{ settings: config.elasticsearch, telemetry: ops.telemetry, log },
    take: ({ value: verdict, ...given }) => {
      if (closeUnlessKnown({ verdict, ...given }, store, response))
        log.info({ alert: given.alert, verdict, by: given.by }, 'closed in Elastic Security');
    },
  });
