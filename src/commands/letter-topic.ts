import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../errors.ts';
import { createKafka, requireKafka } from '../kafka/client.ts';
import type { KafkaMessage } from '../kafka/message.ts';
import { partitionRange } from '../kafka/partition-range.ts';
import { readToEnd } from '../kafka/read-to-end.ts';
import { send } from '../kafka/send.ts';
import { TopicTail } from '../kafka/topic-tail.ts';
import { requireTopics } from '../kafka/topics.ts';
import { MOST_LETTERS } from '../pipeline/kafka/control-message.ts';
import { ForeignMessage, ForeignMessages } from '../pipeline/kafka/foreign.ts';
import { readLetter } from '../pipeline/kafka/letter-message.ts';
import { type ReplayContext, replayLetters } from '../pipeline/kafka/replay-letters.ts';
import { REPLAYED, ReplayedLetters } from '../pipeline/kafka/replayed-letters.ts';
import type { LaneOptions } from '../pipeline/lane.ts';
import type { DeadLetter } from '../sources/dead-letter.ts';
import type { CommandIo } from './io.ts';
import type { LetterBox } from './letter-box.ts';
import { laneOptionsOf } from './logs.ts';
import { type Setup, secretContext } from './options.ts';
import { createServiceLog } from './service-log.ts';

const PATIENCE = 15_000;
const LOOK_EVERY = 100;
/** Under this key `wayward.ingest` says how far the control topic has been read. */
const CONTROL_AT = 'control';

/** Dead letters on `wayward.dead-letters`. Whoever ingests replays them, since nobody else may write events. */
export async function letterTopic({ config }: Pick<Setup, 'config'>, io: CommandIo): Promise<LetterBox> {
  const { kafka: settings } = config;
  if (settings === undefined) throw new UsageError('wayward.yaml has no kafka:');
  await config.resolveSecrets(['kafka'], secretContext(io));
  await requireKafka(settings);
  const log = createServiceLog(io.stderr);
  const kafka = createKafka(settings, log);
  const { deadLetters, ingest, control } = kafka.names.topics;
  await requireTopics(kafka, [deadLetters, ingest, control]);
  let context: ReplayContext | undefined;
  const contextOf = async (): Promise<ReplayContext> => {
    if (config.fingerprintKey === undefined)
      throw new UsageError('wayward.yaml: no fingerprint_key; write the one that the processes have which ingest');
    const lanes = new Map<string, LaneOptions>();
    for (const source of settings.topics) lanes.set(source.topic, await laneOptionsOf(config, io, source));
    context ??= { kafka, lanes, foreign: new ForeignMessages(log) };
    return context;
  };
  const replayedNow = async (): Promise<ReplayedLetters> => {
    const values = new Map<string, Buffer>();
    for await (const page of readToEnd(kafka, ingest))
      for (const { key, value } of page)
        if (value !== null && String(key).startsWith(REPLAYED)) values.set(String(key), value);
    return new ReplayedLetters(values);
  };
  return {
    async *letters(passedOver) {
      const replayed = await replayedNow();
      let foreign = 0;
      for await (const page of readToEnd(kafka, deadLetters)) {
        for (const message of page) {
          const letter = letterOf(message);
          const at = Number(message.offset);
          if (letter === undefined) foreign++;
          else yield { letter, at, replayed: replayed.has(at) };
        }
      }
      if (foreign > 0) passedOver(foreign);
    },
    async tryAgain(letters) {
      const outcomes = await replayLetters(
        letters.map(({ at }) => at),
        await contextOf(),
      );
      return letters.map(({ at }) => outcomes.get(at) ?? { outcome: 'unusable', reason: 'no-record-of-a-topic' });
    },
    async replay(letters, by) {
      const tail = await TopicTail.open(kafka, ingest);
      try {
        for (let at = 0; at < letters.length; at += MOST_LETTERS) {
          const some = letters.slice(at, at + MOST_LETTERS).map((kept) => kept.at);
          const word = { say: 'replay', id: randomUUID(), by, letters: some };
          await send(kafka, { topic: control, partition: 0, key: word.id, value: JSON.stringify(word) });
        }
        const { end } = await partitionRange(kafka, control, 0);
        const isTaken = () => Number(tail.values.get(CONTROL_AT) ?? 0) >= end;
        for (const late = Date.now() + PATIENCE; !isTaken() && Date.now() < late && !io.signal.aborted; )
          await sleep(LOOK_EVERY);
        const replayed = new ReplayedLetters(tail.values);
        const used = letters.filter((kept) => replayed.has(kept.at)).length;
        return { used, waiting: isTaken() ? 0 : letters.length - used };
      } finally {
        await tail.close();
      }
    },
    async close() {},
  };
}

function letterOf(message: KafkaMessage): DeadLetter | undefined {
  try {
    return readLetter(message);
  } catch (error) {
    if (error instanceof ForeignMessage) return undefined; // counted
    throw error;
  }
}
