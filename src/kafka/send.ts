import type { Kafka } from 'kafkajs';
import type { OutMessage } from './transactional-writer.ts';

/** Writes one message and waits until every replica has it. It may come twice: its reader must know it again. */
export async function send(kafka: Kafka, { topic, partition, key, value, headers }: OutMessage): Promise<void> {
  const producer = kafka.producer({ createPartitioner: () => () => partition, retry: { retries: 5 } });
  try {
    await producer.connect();
    await producer.send({
      topic,
      acks: -1,
      messages: [{ partition, key, value, ...(headers !== undefined && { headers }) }],
    });
  } finally {
    await producer.disconnect();
  }
}
