import { randomUUID } from 'node:crypto';
import type { Registry } from '../../attribution/registry.ts';
import type { WaywardConfig } from '../../config/wayward-yaml.ts';
import type { Kafka } from '../../kafka/client.ts';
import { TransactionalWriter, type TransactionCounts } from '../../kafka/transactional-writer.ts';
import { markInFile } from '../../response/audit.ts';
import type { ResponseContext } from '../../response/context.ts';
import type { PlanContext } from '../../response/plan.ts';
import type { Store } from '../../sinks/store.ts';
import { createResponse } from '../response.ts';
import { Changelog } from './changelog.ts';
import { markerMessage } from './changes-message.ts';
import type { Replica } from './replica.ts';

export interface ResponderOptions {
  readonly kafka: Kafka;
  /** The state folder of it is this process's own. */
  readonly config: WaywardConfig;
  readonly registry: Registry;
  readonly fetchSecrets: PlanContext['fetchSecrets'];
  readonly transactions: TransactionCounts;
}

/** Response in the hands of this process. */
export interface Responder {
  readonly response: ResponseContext;
  readonly store: Store;
  readonly changelog: Changelog;
  /** Once nothing works on it any more. */
  close(): Promise<void>;
}

const FILE = 'responder.db';

/**
 * Makes this process the only one that responds: fences whoever did so far, waits for the last that those wrote, and goes on from
 * there on a copy of its own.
 */
export async function takeOver(options: ResponderOptions, replica: Replica, signal: AbortSignal): Promise<Responder> {
  const { kafka, config, registry, fetchSecrets, transactions } = options;
  const { topics } = kafka.names;
  const writer = await TransactionalWriter.open(kafka, kafka.names.id('respond'), transactions);
  try {
    const marker = randomUUID();
    await replica.reaches(marker, () => writer.commit([markerMessage(topics.response, marker)]), signal);
    signal.throwIfAborted();
    const store = await replica.store.copy(FILE);
    // Of its own: detection in this process learns of what is done where its messages say it, not before.
    const own = { credentials: registry.credentials.map((credential) => ({ ...credential })) };
    const response = createResponse(config, own, store, fetchSecrets, (file) =>
      markInFile(file, () => changelog.safeEntry),
    );
    const changelog = new Changelog({ topics, store, writer, response, seq: replica.seq });
    response.outbox.release();
    return {
      response,
      store,
      changelog,
      async close() {
        await changelog.save().catch(() => undefined); // fenced: what is not on the topic does not count
        await writer.close();
        store.close();
      },
    };
  } catch (error) {
    await writer.close();
    throw error;
  }
}
