import type { Kafka } from '../../kafka/client.ts';
import type { Log } from '../../kafka/log.ts';
import type { Telemetry } from '../../ops/telemetry.ts';
import type { ElasticsearchSettings } from '../../sinks/elasticsearch/settings.ts';
import type { Store } from '../../sinks/store.ts';
import { VerdictWatch } from '../verdict-watch.ts';
import { say } from './say.ts';
import { wordOf } from './words-of-verdicts.ts';

interface Watching {
  readonly kafka: Kafka;
  /** Of the process that responds. */
  readonly store: Store;
  readonly telemetry: Telemetry;
  readonly log: Log;
}

/** Said and perhaps not obeyed yet. */
const MOST_SAID = 1_000;

/** Says to detection and response what analysts say in Elastic Security, where that is configured. Returns how to end it. */
export function watchVerdicts(
  settings: ElasticsearchSettings | undefined,
  { kafka, store, telemetry, log }: Watching,
): () => Promise<void> {
  if (settings?.verdicts === undefined) return async () => undefined;
  const said = new Set<string>();
  const watch = new VerdictWatch({
    ...{ settings, telemetry, log },
    take: async (verdict) => {
      const word = wordOf(verdict, store);
      if (word === undefined || said.has(word.id)) return;
      await say(word, kafka);
      if (said.size >= MOST_SAID) said.clear();
      said.add(word.id);
    },
  });
  watch.start();
  return () => watch.stop();
}
