import type { Kafka } from '../../kafka/client.ts';
import { messagesAt } from '../../kafka/messages-at.ts';
import { partitionRange } from '../../kafka/partition-range.ts';
import { TopicReader } from '../../kafka/topic-reader.ts';
import type { LaneOptions } from '../lane.ts';
import { type Replayed, useAgain } from '../replay.ts';
import { ForeignMessage, type ForeignMessages } from './foreign.ts';
import { isSealed, type RawLetter, rawLetterOf } from './letter-message.ts';
import { recordsOf } from './letter-records.ts';

export interface ReplayContext {
  readonly kafka: Kafka;
  /** By raw topic, those that are configured. */
  readonly lanes: ReadonlyMap<string, LaneOptions>;
  readonly foreign: ForeignMessages;
}

/**
 * What becomes of dead letters, by their offsets in `wayward.dead-letters`, when their records are read again. Letters that are not
 * there, that tell of no record in a raw topic or that no ingester wrote are left out.
 */
export async function replayLetters(
  offsets: readonly number[],
  context: ReplayContext,
): Promise<ReadonlyMap<number, Replayed>> {
  const letters = await lettersAt(offsets, context);
  const records = await recordsOf(context.kafka, [...letters.values()], new Set(context.lanes.keys()));
  const outcomes = new Map<number, Replayed>();
  for (const [offset, own] of letters) {
    const lane = context.lanes.get(own.topic);
    const outcome: Replayed =
      lane === undefined
        ? { outcome: 'unusable', reason: 'topic-not-configured' }
        : await useAgain(own.letter, records.get(own), lane.format, lane, Date.now());
    outcomes.set(offset, outcome);
  }
  return outcomes;
}

async function lettersAt(
  offsets: readonly number[],
  { kafka, lanes, foreign }: ReplayContext,
): Promise<Map<number, RawLetter>> {
  const letters = new Map<number, RawLetter>();
  const [lane] = lanes.values();
  if (lane === undefined) return letters;
  const { redactor } = lane.context;
  const topic = kafka.names.topics.deadLetters;
  const { end } = await partitionRange(kafka, topic, 0);
  const reader = await TopicReader.open(kafka, topic, 1);
  try {
    const wanted = offsets.map((offset) => ({ offset, bytes: 0 }));
    for (const [offset, [message]] of await messagesAt(reader, 0, wanted, end)) {
      const place = { topic, partition: 0, offset: String(offset) };
      try {
        const found = message && rawLetterOf(message);
        if (found === undefined) continue;
        if (!isSealed(found, redactor)) throw new ForeignMessage('its seal is not made with our fingerprint key');
        letters.set(offset, found);
      } catch (error) {
        if (!(error instanceof ForeignMessage)) throw error;
        foreign.passOver(place, error);
      }
    }
  } finally {
    await reader.close();
  }
  return letters;
}
