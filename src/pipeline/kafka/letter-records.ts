import type { Kafka } from '../../kafka/client.ts';
import type { KafkaMessage } from '../../kafka/message.ts';
import { messagesAt } from '../../kafka/messages-at.ts';
import { partitionRanges } from '../../kafka/partition-range.ts';
import { TopicReader } from '../../kafka/topic-reader.ts';
import { isOf, whyNotRead } from '../replay.ts';
import type { RawLetter } from './letter-message.ts';

const LF = 10;
const CR = 13;
const LINE_END = Buffer.from('\n');
/** Places in one message where the record may begin: so many are tried. */
const MOST_TRIED = 1_000;

/**
 * The records that dead letters tell of, read again from their raw topics; left out are those that no longer stand there.
 * Topics are those of `known`: a topic that nobody configured is not looked at.
 */
export async function recordsOf(
  kafka: Kafka,
  letters: readonly RawLetter[],
  known: ReadonlySet<string>,
): Promise<Map<RawLetter, Buffer>> {
  const records = new Map<RawLetter, Buffer>();
  const readable = letters.filter(({ topic, letter }) => known.has(topic) && whyNotRead(letter) === undefined);
  for (const [topic, own] of Map.groupBy(readable, (one) => one.topic)) {
    const partitions = [...Map.groupBy(own, ({ partition }) => partition)];
    const ranges = await partitionRanges(kafka, topic);
    const reader = await TopicReader.open(kafka, topic, ranges.size);
    try {
      for (const [partition, some] of partitions) {
        const range = ranges.get(partition);
        if (range === undefined) continue;
        const wanted = some
          .filter(({ letter }) => letter.position >= range.begin)
          .map(({ letter }) => ({ offset: letter.position, bytes: letter.length }));
        const messages = await messagesAt(reader, partition, wanted, range.end);
        for (const one of some) {
          const record = recordIn(messages.get(one.letter.position) ?? [], one);
          if (record !== undefined) records.set(one, record);
        }
      }
    } finally {
      await reader.close();
    }
  }
  return records;
}

/** A message may hold several records, and a record may go on in the next message: its hash tells. */
function recordIn(messages: readonly KafkaMessage[], { letter }: RawLetter): Buffer | undefined {
  const first = messages[0]?.value ?? Buffer.alloc(0);
  const bytes = Buffer.concat(messages.flatMap(({ value }) => (value === null ? [] : [value, LINE_END])));
  let start = 0;
  for (let tried = 0; tried < MOST_TRIED && start <= first.length; tried++) {
    for (const from of [start, start + BYTE_ORDER_MARK]) {
      const end = bytes[from + letter.length];
      if (end !== LF && end !== CR) continue;
      const record = bytes.subarray(from, from + letter.length);
      if (isOf(record, letter)) return record;
    }
    const next = first.indexOf(LF, start);
    if (next === -1) return undefined;
    start = next + 1;
  }
  return undefined;
}

const BYTE_ORDER_MARK = 3;
