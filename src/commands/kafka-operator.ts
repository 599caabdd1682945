import { randomUUID } from 'node:crypto';
import { explainIssue } from '../config/explain-issue.ts';
import { ServerUnavailableError, UsageError } from '../errors.ts';
import type { Kafka } from '../kafka/client.ts';
import { commandSchema, type OperatorCommand } from '../operator/command.ts';
import type { Answer } from '../operator/execute.ts';
import { answerOf } from '../pipeline/kafka/answers.ts';
import { anyResponder } from '../pipeline/kafka/any-responder.ts';
import { executeOnce } from '../pipeline/kafka/execute-once.ts';
import { answerTo, publishCommand } from '../pipeline/kafka/publish-command.ts';
import type { Replica } from '../pipeline/kafka/replica.ts';
import { takeOver } from '../pipeline/kafka/take-over.ts';
import type { ResponseContext } from '../response/context.ts';
import type { OutboxStep } from '../response/outbox.ts';
import { carryOut } from './carry-out.ts';
import type { CommandIo } from './io.ts';
import type { Operator } from './operator.ts';
import { type Setup, secretContext } from './options.ts';
import { watchDrills, watchRotations, watchSteps } from './watch-responder.ts';

interface KafkaOperatorOptions {
  readonly setup: Setup;
  readonly kafka: Kafka;
  readonly replica: Replica;
  /** Looks at the replica. */
  readonly response: ResponseContext;
  readonly io: CommandIo;
}

/** A responder that runs takes a command within a fraction of a second; another one that takes over, within this. */
const PATIENCE = 15_000;

/** Publishes commands to the responder, on `wayward.control`, and waits until its record shows what came of them. */
export function kafkaOperator(options: KafkaOperatorOptions): Operator {
  const { response, io, kafka } = options;
  const watch = { io, anyResponder: () => anyResponder(kafka) };
  /** Steps of what no responder took, which this process makes itself, by the command's id. */
  const fromHere = new Map<string, () => Promise<OutboxStep[]>>();
  const execute: Operator['execute'] = async (newCommand) => {
    const command: OperatorCommand = { ...newCommand, id: randomUUID() };
    const answer = await answerWithin(command, options);
    if (answer !== undefined) return { command, answer };
    if (command.say !== 'revoke') throw notTaken(command);
    const executed = await executeFromHere(command, options);
    fromHere.set(command.id, executed.steps);
    return { command, answer: executed.answer };
  };
  return {
    execute,
    async steps({ command, answer }) {
      const here = fromHere.get(command.id);
      if (here !== undefined) return here();
      return answer.cause === undefined ? [] : watchSteps(answer.cause, howToLook(command), response, watch);
    },
    rotations: ({ answer: { rotations = [] } }) => watchRotations(rotations, response, watch),
    async drill(kind, by) {
      const { answer } = await execute({ say: 'drill', by, ...(kind !== undefined && { kind }) });
      return watchDrills(answer.drills ?? [], response, watch);
    },
  };
}

const TOO_LATE =
  'Nothing will come of it: one that starts later than in a minute takes it for too late. Start one, and say it again.';
const STILL =
  'One that starts within a minute of the asking still does it, a later one does not: look before you ask again.';

/** What becomes of a command that no responder took. */
const OTHERWISE: Readonly<Partial<Record<OperatorCommand['say'], string>>> = {
  halt: 'The next one that starts will obey it.',
  close: 'The next one that starts will take the closing; detection has it already.',
  rotate: STILL,
  drill: STILL,
};

const notTaken = ({ say }: OperatorCommand): ServerUnavailableError =>
  new ServerUnavailableError(
    `no responder took it within ${PATIENCE / 1000} s; none is running (wayward run --roles respond). ${OTHERWISE[say] ?? TOO_LATE}`,
  );

/** A sentence on how to look later. */
function howToLook(command: OperatorCommand): string {
  if (command.say === 'approve') return `wayward alerts show ${command.alert} shows how far it is.`;
  const how = 'wayward restore --credential ID, without --execute, shows how far it is.';
  return command.say === 'revoke'
    ? `${how} While nobody responds, wayward revoke --execute said again does it from here.`
    : how;
}

/** Publishes it, and waits for what comes of it. @throws UsageError for what is refused; AbortError at Ctrl-C */
async function answerWithin(
  command: OperatorCommand,
  { kafka, replica, io }: KafkaOperatorOptions,
): Promise<Answer | undefined> {
  check(command);
  await publishCommand(command, kafka);
  const answer = await answerTo(command, replica, PATIENCE, io.signal);
  if (answer?.error !== undefined) throw new UsageError(answer.error);
  if (answer === undefined && io.signal.aborted) {
    io.stderr.write('Stopped waiting: it was said, and a responder that runs does it.\n');
    io.signal.throwIfAborted();
  }
  return answer;
}

/** No responder would take it otherwise. @throws UsageError */
function check(command: OperatorCommand): void {
  const [issue] = commandSchema.safeParse(command, { error: explainIssue }).error?.issues ?? [];
  if (issue === undefined) return;
  const [field] = issue.path;
  throw new UsageError(`${field === 'by' ? 'the name of who decides (--as, --by)' : String(field)} ${issue.message}`);
}

/**
 * Without a responder a revocation must still be possible: this process takes the part of one until it is done. A responder that
 * was only slow is fenced by that, comes back, and finds the command answered.
 */
async function executeFromHere(
  command: OperatorCommand,
  options: KafkaOperatorOptions,
): Promise<{ readonly answer: Answer; steps(): Promise<OutboxStep[]> }> {
  const { setup, kafka, replica, io } = options;
  io.stderr.write(`No responder took it within ${PATIENCE / 1000} s: doing it from here.\n`);
  await setup.config.resolveSecrets(['response', 'revokers'], secretContext(io));
  const transactions = { committed: 0, aborted: 0, fenced: 0 };
  const { response, store, changelog, close } = await takeOver({ ...setup, kafka, transactions }, replica, io.signal);
  await executeOnce(command, response.now(), { store, response, drills: setup.config.drills }, () => {});
  const answer = answerOf(store, command.id) ?? {};
  return {
    answer,
    async steps() {
      try {
        return await carryOut(answer.cause ?? '', response, io, () => changelog.clear());
      } finally {
        await changelog.save();
        await close();
      }
    },
  };
}
