import type { Kafka } from 'kafkajs';
import { withAdmin } from './topics.ts';

/** The offset that a group has committed for a partition; 0 where there is none. */
export async function committedOffset(
  kafka: Kafka,
  groupId: string,
  topic: string,
  partition: number,
): Promise<number> {
  const [found] = await withAdmin(kafka, (admin) => admin.fetchOffsets({ groupId, topics: [topic] }));
  const offset = found?.partitions.find((own) => own.partition === partition)?.offset ?? '-1';
  return Math.max(0, Number(offset));
}

/** Where a partition ends now. */
export async function endOffset(kafka: Kafka, topic: string, partition: number): Promise<number> {
  const found = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
  return Number(found.find((own) => own.partition === partition)?.high ?? 0);
}
