import type { Kafka } from '../../kafka/client.ts';
import type { Log } from '../../kafka/log.ts';
import { PartitionGroup } from '../../kafka/partition-group.ts';
import { PlainWriter } from '../../kafka/plain-writer.ts';
import type { Telemetry } from '../../ops/telemetry.ts';
import type { ConfiguredSink } from '../../sinks/registry.ts';
import type { DeadLetter } from '../../sources/dead-letter.ts';
import { deliveryCondition, type OpenSink, openSink } from '../open-sinks.ts';
import { DeliverWorker } from './deliver.ts';
import type { ForeignMessages } from './foreign.ts';
import type { Role } from './role.ts';

export interface DeliverRoleOptions {
  readonly kafka: Kafka;
  readonly sinks: readonly ConfiguredSink[];
  readonly telemetry: Telemetry;
  readonly foreign: ForeignMessages;
  readonly log: Log;
  /** Where people look at alerts, if anywhere. */
  readonly console: string | undefined;
}

/** The group of the first sink has no part of a name: it was the only one. */
const FIRST_SINK = 'elasticsearch';

/**
 * Alerts and documents to every sink, as far as they are this process's to deliver. Each has a consumer group of its own, so that
 * one that is away holds up no other.
 */
export async function startDeliver(options: DeliverRoleOptions): Promise<Role> {
  const { kafka, telemetry, foreign, log, console } = options;
  const { alerts, documents, deadLetters } = kafka.names.topics;
  const letters = await PlainWriter.open(kafka);
  const keep = (letter: DeadLetter): Promise<void> => letters.send(deadLetters, [letterMessage(letter)]);
  const took = (seconds: number): void => telemetry.observe('delivery', seconds);
  const sinks: OpenSink[] = [];
  for (const configured of options.sinks)
    sinks.push(await openSink(configured, { telemetry, log, wait: 'on Kafka', keep }));
  const groups = sinks.map(({ id, sink }) => {
    const group = kafka.names.id('deliver', id === FIRST_SINK ? undefined : id);
    return new PartitionGroup(kafka, {
      groupId: group,
      topics: [alerts, documents],
      worker: (topic, partition) => new DeliverWorker(topic, partition, { kafka, sink, group, took, foreign, console }),
      log,
    });
  });
  await Promise.all(groups.map((group) => group.start()));
  return {
    get slots() {
      return groups.flatMap(({ slots }) => slots);
    },
    get ready() {
      return groups.every(({ ready }) => ready);
    },
    condition: () => deliveryCondition(sinks),
    async stop() {
      const stopped = Promise.all(groups.map((group) => group.stop()));
      for (const { sink } of sinks) sink.stop();
      await stopped;
      await letters.close();
      for (const { sink } of sinks) await sink.close();
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
