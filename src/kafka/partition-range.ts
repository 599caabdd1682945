import type { Kafka } from 'kafkajs';
import { withAdmin } from './topics.ts';

/** Offsets of a partition as of now: of its first message, and the one behind its last. */
export interface PartitionRange {
  readonly begin: number;
  readonly end: number;
}

/** Of all partitions of a topic, by number. */
export async function partitionRanges(kafka: Kafka, topic: string): Promise<ReadonlyMap<number, PartitionRange>> {
  const offsets = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
  return new Map(offsets.map(({ partition, low, high }) => [partition, { begin: Number(low), end: Number(high) }]));
}

/** @throws Error for a partition that is not there */
export async function partitionRange(kafka: Kafka, topic: string, partition: number): Promise<PartitionRange> {
  const range = (await partitionRanges(kafka, topic)).get(partition);
  if (range === undefined) throw new Error(`${topic} has no partition ${partition}`);
  return range;
}
