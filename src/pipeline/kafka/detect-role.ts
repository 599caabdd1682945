import { PartitionCounts } from '../../kafka/partition-counts.ts';
import { PartitionGroup } from '../../kafka/partition-group.ts';
import { TopicReader } from '../../kafka/topic-reader.ts';
import { type DetectContext, DetectWorker } from './detect.ts';
import { partitioner } from './partitions.ts';
import type { Role } from './role.ts';

/** Bytes of events that are worth waiting a moment for. */
const GATHER = 128 * 1024;

/** Its share of the events partitions. */
export async function startDetect(options: Omit<DetectContext, 'states' | 'partitionOf'>): Promise<Role> {
  const { kafka, log } = options;
  const { events, state } = kafka.names.topics;
  const counts = await PartitionCounts.open(kafka, [events, state], (error) =>
    log.warn({ err: error }, 'the number of partitions could not be asked for'),
  );
  const states = await TopicReader.open(kafka, state, counts.current[state] ?? 0);
  const partitionOf = partitioner(counts.current[events] ?? 0);
  await counts.close();
  const group = new PartitionGroup(kafka, {
    groupId: kafka.names.id('detect'),
    topics: [events],
    gather: GATHER,
    worker: (_topic, partition) => new DetectWorker(partition, { ...options, states, partitionOf }),
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
      await states.close();
    },
  };
}
