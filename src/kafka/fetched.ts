import type { Batch } from 'kafkajs';
import type { KafkaMessage } from './message.ts';

/** Messages of one partition, in order. Offsets are numbers: 2^53 messages in a partition are far away. */
export interface Fetched {
  readonly messages: readonly KafkaMessage[];
  /** Where the next fetch goes on: behind the last message and what follows it that is no message (transaction markers). */
  readonly next: number;
}

/** Of a batch, what is at or behind `position`. */
export function fetchedFrom(batch: Batch, position: number): Fetched {
  const isAllNew = Number(batch.messages[0]?.offset ?? 0) >= position;
  const messages = isAllNew ? batch.messages : batch.messages.filter(({ offset }) => Number(offset) >= position);
  return { messages, next: Number(batch.lastOffset()) + 1 };
}
