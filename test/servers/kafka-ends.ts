import { randomUUID } from 'node:crypto';
import { type Kafka, Partitioners } from 'kafkajs';

/** The key of what is written, and never committed, to see where a partition ends. */
export const END_PROBE = 'where-does-it-end';

/**
 * Offsets behind all that has been written to the partitions of a topic, by number. Asked for offsets, kafkajs says where the first
 * open transaction begins instead: what was committed a moment ago may be missing.
 */
export async function endsOf(kafka: Kafka, topic: string): Promise<number[]> {
  const admin = kafka.admin();
  await admin.connect();
  const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition }) => partition);
  await admin.disconnect();
  const producer = kafka.producer({
    transactionalId: `${END_PROBE}-${randomUUID()}`,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  const messages = partitions.map((partition) => ({ partition, key: END_PROBE, value: '' }));
  const written = await transaction.send({ topic, messages });
  await transaction.abort();
  await producer.disconnect();
  return written.toSorted((a, b) => a.partition - b.partition).map(({ baseOffset }) => Number(baseOffset));
}
