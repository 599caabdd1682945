import type { Kafka } from '../../kafka/client.ts';
import type { Log } from '../../kafka/log.ts';
import { PartitionCounts } from '../../kafka/partition-counts.ts';
import { PartitionGroup } from '../../kafka/partition-group.ts';
import { TopicTail } from '../../kafka/topic-tail.ts';
import type { LaneOptions } from '../lane.ts';
import type { RulesInUse } from '../rules-in-use.ts';
import { ControlWorker } from './control.ts';
import type { ForeignMessages } from './foreign.ts';
import { IngestWorker } from './ingest.ts';
import { partitioner } from './partitions.ts';
import { registryAsOrdered } from './reload-order.ts';
import type { Role } from './role.ts';
import type { RoleCounts } from './role-counts.ts';

export interface IngestRoleOptions {
  readonly kafka: Kafka;
  readonly rules: RulesInUse;
  /** By raw topic. */
  readonly lanes: ReadonlyMap<string, LaneOptions>;
  /** Of topics that don't say, milliseconds. */
  readonly settle: number;
  readonly counts: RoleCounts;
  readonly foreign: ForeignMessages;
  readonly log: Log;
}

/** Bytes of a raw partition that are worth waiting a moment for. */
const GATHER = 512 * 1024;

/** Its share of the raw partitions, and of what people say. */
export async function startIngest(options: IngestRoleOptions): Promise<Role> {
  const { kafka, lanes, log } = options;
  const topics = [...lanes.keys()];
  const own = kafka.names.topics;
  const tail = await TopicTail.open(kafka, own.ingest);
  const raw = await PartitionCounts.open(kafka, [...topics, own.events], (error) =>
    log.warn({ err: error }, 'the number of partitions could not be asked for'),
  );
  const eventsPartitions = raw.current[own.events] ?? 0;
  const partitionOf = partitioner(eventsPartitions);
  const context = {
    ...options,
    tail,
    registry: registryAsOrdered(tail, options.rules),
    partitionOf,
    eventsPartitions,
    rawPartitions: () => Object.fromEntries(Object.entries(raw.current).filter(([topic]) => topic !== own.events)),
    laneOptionsOf: (topic: string) => lanes.get(topic) as LaneOptions,
    settleOf: (topic: string) => lanes.get(topic)?.settle ?? options.settle,
  };
  const group = new PartitionGroup(kafka, {
    groupId: kafka.names.id('ingest'),
    topics: [...topics, own.control],
    watchEnds: true,
    gather: GATHER,
    worker: (topic, partition) =>
      topic === own.control ? new ControlWorker(context) : new IngestWorker(topic, partition, context),
    log,
  });
  await group.start();
  return {
    get ready() {
      return group.ready;
    },
    get slots() {
      return group.slots;
    },
    async stop() {
      await group.stop();
      await tail.close();
      await raw.close();
    },
  };
}
