import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { Kafka } from '../../kafka/client.ts';
import { send } from '../../kafka/send.ts';
import type { OperatorCommand } from '../../operator/command.ts';
import type { Answer } from '../../operator/execute.ts';
import { answerOf } from './answers.ts';
import type { reloadSchema } from './control-message.ts';
import type { Replica } from './replica.ts';

const LOOK_EVERY = 20;

/** Publishes a command to the responder, on `wayward.control`. */
export const publishCommand = (command: OperatorCommand, kafka: Kafka): Promise<void> =>
  send(kafka, { topic: kafka.names.topics.control, partition: 0, key: command.id, value: JSON.stringify(command) });

/** Orders all processes to go on with other rules. */
export const publishReload = (
  { id, by, hash }: { id: string; by: string; hash: string },
  kafka: Kafka,
): Promise<void> => {
  const order: z.infer<typeof reloadSchema> = { say: 'reload', id, by, hash };
  return send(kafka, { topic: kafka.names.topics.control, partition: 0, key: id, value: JSON.stringify(order) });
};

/** What the responder's record shows of a command, within so many milliseconds; undefined where it shows nothing. */
export async function answerTo(
  { id }: OperatorCommand,
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
