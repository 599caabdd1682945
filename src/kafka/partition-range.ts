import type { Kafka } from 'kafkajs';
import { withAdmin } from './topics.ts';

/** Offsets of a partition as of now: of its first message, and the one behind its last. */
export interface PartitionRange {
  readonly begin: number;
  readonly end: number;
}

/** @throws Error for a partition that is not there */
export async function partitionRange(kafka: Kafka, topic: string, partition: number): Promise<PartitionRange> {
  const offsets = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
  const found = offsets.find((own) => own.partition === partition);
  if (found === undefined) throw new Error(`${topic} has no partition ${partition}`);
  return { begin: Number(found.low), end: Number(found.high) };
}
