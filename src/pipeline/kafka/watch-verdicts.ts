import type { Kafka } from '../../kafka/client.ts';
import type { Log } from '../../kafka/log.ts';
import type { Telemetry } from '../../ops/telemetry.ts';
import type { ElasticsearchSettings } from '../../sinks/elasticsearch/settings.ts';
import type { Store } from '../../sinks/store.ts';
import { VerdictWatch } from '../verdict-watch.ts';
import { publishCommand } from './publish-command.ts';
import { verdictCommand } from './verdict-commands.ts';

interface Watching {
  readonly kafka: Kafka;
  /** Of the process that responds. */
  readonly store: Store;
  readonly telemetry: Telemetry;
  readonly log: Log;
}

/** Published and perhaps not executed yet. */
const MOST_PUBLISHED = 1_000;

/** Publishes to detection and response the verdicts that analysts give in Elastic Security, where that is configured. Returns how to end it. */
export function watchVerdicts(
  settings: ElasticsearchSettings | undefined,
  { kafka, store, telemetry, log }: Watching,
): () => Promise<void> {
  if (settings?.verdicts === undefined) return async () => undefined;
  const published = new Set<string>();
  const watch = new VerdictWatch({
    ...{ settings, telemetry, log },
    take: async (verdict) => {
      const command = verdictCommand(verdict, store);
      if (command === undefined || published.has(command.id)) return;
      await publishCommand(command, kafka);
      if (published.size >= MOST_PUBLISHED) published.clear();
      published.add(command.id);
    },
  });
  watch.start();
  return () => watch.stop();
}
