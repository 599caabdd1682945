import type { Kafka } from './client.ts';
import type { KafkaMessage } from './message.ts';
import { pageFrom } from './page.ts';
import { partitionRange } from './partition-range.ts';
import { TopicReader } from './topic-reader.ts';

/** Every message of a topic with one partition that was committed before the call, in order, so many at a time. */
export async function* readToEnd(kafka: Kafka, topic: string): AsyncGenerator<readonly KafkaMessage[]> {
  const { begin, end } = await partitionRange(kafka, topic, 0);
  if (begin >= end) return;
  const reader = await TopicReader.open(kafka, topic, 1);
  try {
    for (let from = begin; from < end; ) {
      const page = await pageFrom(reader, 0, from, end);
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      from = Number(last.offset) + 1;
    }
  } finally {
    await reader.close();
  }
}
