import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Alert } from '../alerts/alert.ts';
import { ServerUnavailableError, UsageError } from '../errors.ts';
import { Store } from '../sinks/store.ts';
import { listAlerts } from '../sinks/store-alerts.ts';
import { type CommandIo, warn } from './io.ts';
import { withKafkaResponse } from './kafka-response.ts';
import type { Setup } from './options.ts';

/** The alerts that people gave a verdict on, in the order in which they opened. Without a store there are none. */
export async function judgedAlerts(setup: Setup, io: CommandIo): Promise<readonly Alert[]> {
  const { config } = setup;
  const judged = (store: Store): Alert[] => listAlerts(store).filter(({ verdict }) => verdict !== undefined);
  if (config.kafka !== undefined) {
    let found: readonly Alert[] = [];
    try {
      await withKafkaResponse(setup, config.kafka, io, ({ store }) => {
        found = judged(store);
      });
    } catch (error) {
      if (!(error instanceof ServerUnavailableError || error instanceof UsageError)) throw error;
      warn(io, `no verdicts are known here: ${error.message}`);
    }
    return found;
  }
  if (!existsSync(join(config.state, 'wayward.db'))) return [];
  const store = new Store(config.state);
  try {
    return judged(store);
  } finally {
    store.close();
  }
}
