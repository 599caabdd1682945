import type { Kafka } from 'kafkajs';

/** The offset that a group has committed for a partition; 0 where there is none. */
export async function committedOffset(
  kafka: Kafka,
  groupId: string,
  topic: string,
  partition: number,
): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const offset = found?.partitions.find((own) => own.partition === partition)?.offset ?? '-1';
    return Math.max(0, Number(offset));
  } finally {
    await admin.disconnect();
  }
}
