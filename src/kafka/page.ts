import type { KafkaMessage } from './message.ts';
import type { TopicReader } from './topic-reader.ts';
import { whileMoving } from './while-moving.ts';

const PAGE = 5_000;
const MOST_BYTES = 16 * 1024 * 1024;
/** If so long nothing comes, what is still ahead is not committed, milliseconds. */
const QUIET = 10_000;

/** The next messages of a partition before `end`; none where nothing is left, or nothing came for ten seconds. */
export async function pageFrom(
  reader: TopicReader,
  partition: number,
  from: number,
  end: number,
  signal?: AbortSignal,
): Promise<KafkaMessage[]> {
  const page: KafkaMessage[] = [];
  const stop = new AbortController();
  const isStopped = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  let bytes = 0;
  const visit = (message: KafkaMessage): boolean => {
    if (Number(message.offset) < end) page.push(message);
    bytes += message.value?.length ?? 0;
    return page.length >= PAGE || bytes >= MOST_BYTES || Number(message.offset) >= end - 1;
  };
  let isOver = false;
  const read = reader.read(partition, visit, isStopped, from).then(() => {
    isOver = true;
  });
  // A topic may end with something that is no message: the ends of transactions.
  const isAtEnd = () => isOver || reader.position(partition) >= end;
  await whileMoving(reader, isAtEnd, QUIET, isStopped, partition);
  stop.abort();
  await read;
  return page;
}
