import type { Admin, Kafka } from 'kafkajs';

/** The offset that a group has committed for a partition; 0 where there is none. */
export async function committedOffset(
  kafka: Kafka,
  groupId: string,
  topic: string,
  partition: number,
): Promise<number> {
  const [found] = await asking(kafka, (admin) => admin.fetchOffsets({ groupId, topics: [topic] }));
  const offset = found?.partitions.find((own) => own.partition === partition)?.offset ?? '-1';
  return Math.max(0, Number(offset));
}

/** Where a partition ends now. */
export async function endOffset(kafka: Kafka, topic: string, partition: number): Promise<number> {
  const found = await asking(kafka, (admin) => admin.fetchTopicOffsets(topic));
  return Number(found.find((own) => own.partition === partition)?.high ?? 0);
}

async function asking<T>(kafka: Kafka, question: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await question(admin);
  } finally {
    await admin.disconnect();
  }
}
