import type { Client } from '@elastic/elasticsearch';
import type { Kafka } from '../../kafka/client.ts';
import type { Log } from '../../kafka/log.ts';
import { PartitionGroup } from '../../kafka/partition-group.ts';
import { PlainWriter } from '../../kafka/plain-writer.ts';
import type { Telemetry } from '../../ops/telemetry.ts';
import type { ElasticsearchSettings } from '../../sinks/elasticsearch/settings.ts';
import type { DeadLetter } from '../../sources/dead-letter.ts';
import { createDelivery, deliveryCondition } from '../elasticsearch.ts';
import { DeliverWorker } from './deliver.ts';
import type { ForeignMessages } from './foreign.ts';
import type { Role } from './role.ts';

export interface DeliverRoleOptions {
  readonly kafka: Kafka;
  readonly client: Client;
  readonly settings: ElasticsearchSettings;
  readonly telemetry: Telemetry;
  readonly foreign: ForeignMessages;
  readonly log: Log;
  /** Where people look at alerts, if anywhere. */
  readonly console: string | undefined;
}

/** Alerts and documents to Elasticsearch, as far as they are this process's to deliver. */
export async function startDeliver(options: DeliverRoleOptions): Promise<Role> {
  const { kafka, client, settings, telemetry, foreign, log, console } = options;
  const { alerts, documents, deadLetters } = kafka.names.topics;
  const letters = await PlainWriter.open(kafka);
  const keep = (letter: DeadLetter): Promise<void> => letters.send(deadLetters, [letterMessage(letter)]);
  const delivery = createDelivery({ client, settings, telemetry, log, wait: 'on Kafka', keep });
  const took = (seconds: number): void => telemetry.observe('delivery', seconds);
  const group = new PartitionGroup(kafka, {
    groupId: kafka.names.id('deliver'),
    topics: [alerts, documents],
    worker: (topic, partition) => new DeliverWorker(kafka, delivery, topic, partition, took, foreign, console),
    log,
  });
  await group.start();
  return {
    get slots() {
      return group.slots;
    },
    get ready() {
      return group.ready;
    },
    condition: () => deliveryCondition(delivery),
    async stop() {
      const stopped = group.stop();
      delivery.stop();
      await stopped;
      await letters.close();
      await client.close();
    },
  };
}

/** It stands on Kafka for as long as that keeps it. */
const letterMessage = (letter: DeadLetter) => ({
  partition: 0,
  key: letter.source,
  value: JSON.stringify(letter),
  headers: { reason: letter.reason, topic: letter.source },
});
