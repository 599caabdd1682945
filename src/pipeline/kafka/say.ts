import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { Kafka } from '../../kafka/client.ts';
import { send } from '../../kafka/send.ts';
import { type Answer, answerOf } from './answers.ts';
import type { reloadSchema, Word } from './control-message.ts';
import type { Replica } from './replica.ts';

const LOOK_EVERY = 20;

/** Says a person's word to the responder, on `wayward.control`. */
export const say = (word: Word, kafka: Kafka): Promise<void> =>
  send(kafka, { topic: kafka.names.topics.control, partition: 0, key: word.id, value: JSON.stringify(word) });

/** Says to all processes that they go on with other rules. */
export const sayReload = ({ id, by, hash }: { id: string; by: string; hash: string }, kafka: Kafka): Promise<void> => {
  const word: z.infer<typeof reloadSchema> = { say: 'reload', id, by, hash };
  return send(kafka, { topic: kafka.names.topics.control, partition: 0, key: id, value: JSON.stringify(word) });
};

/** What the responder's record shows of a word, within so many milliseconds; undefined where it shows nothing. */
export async function answerTo(
  { id }: Word,
  replica: Replica,
  patience: number,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  for (const end = Date.now() + patience; Date.now() < end && !signal.aborted; await sleep(LOOK_EVERY)) {
    const answer = answerOf(replica.store, id);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
