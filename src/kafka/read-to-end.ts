import type { Kafka } from './client.ts';
import type { KafkaMessage } from './message.ts';
import { partitionRange } from './partition-range.ts';
import { TopicReader } from './topic-reader.ts';
import { whileMoving } from './while-moving.ts';

const PAGE = 5_000;
/** If so long nothing comes, what is still ahead is not committed, milliseconds. */
const QUIET = 10_000;

/** Every message of a topic with one partition that was committed before the call, in order, so many at a time. */
export async function* readToEnd(kafka: Kafka, topic: string): AsyncGenerator<readonly KafkaMessage[]> {
  const { begin, end } = await partitionRange(kafka, topic, 0);
  if (begin >= end) return;
  const reader = await TopicReader.open(kafka, topic, 1);
  try {
    for (let from = begin; from < end; ) {
      const page = await pageFrom(reader, from, end);
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      from = Number(last.offset) + 1;
    }
  } finally {
    await reader.close();
  }
}

async function pageFrom(reader: TopicReader, from: number, end: number): Promise<KafkaMessage[]> {
  const page: KafkaMessage[] = [];
  const stop = new AbortController();
  const visit = (message: KafkaMessage): boolean => {
    page.push(message);
    return page.length >= PAGE || Number(message.offset) >= end - 1;
  };
  let isOver = false;
  const read = reader.read(0, visit, stop.signal, from).then(() => {
    isOver = true;
  });
  // A topic may end with something that is no message: the ends of transactions.
  await whileMoving(reader, () => isOver || reader.position(0) >= end, QUIET, stop.signal);
  stop.abort();
  await read;
  return page;
}
