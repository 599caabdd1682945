import { CallError, UsageError } from '../../errors.ts';
import type { OperatorCommand } from '../../operator/command.ts';
import { type Answer, type CommandContext, prepareCommand } from '../../operator/execute.ts';
import { answerOf, saveAnswer } from './answers.ts';

/** After that, whoever gave it was told that no responder took it; milliseconds. */
const LATE = 60_000;
/** Right whenever they come. */
const NEVER_LATE: ReadonlySet<OperatorCommand['say']> = new Set(['halt', 'close']);

/**
 * Executes a command once: in one transaction with its answer and with `done`, which notes how far the topic was read.
 * `givenAt`: when it was written, by Kafka's clock, milliseconds.
 */
export async function executeOnce(
  command: OperatorCommand,
  givenAt: number,
  context: CommandContext,
  done: () => void,
): Promise<void> {
  const { store, response } = context;
  const act = answerOf(store, command.id) === undefined ? await prepare(command, givenAt, context) : undefined;
  store.transaction(() => {
    if (act !== undefined) saveAnswer(store, command.id, answered(act), response.now());
    done();
  });
}

async function prepare(command: OperatorCommand, givenAt: number, context: CommandContext): Promise<() => Answer> {
  const age = context.response.now() - givenAt;
  if (age > LATE && !NEVER_LATE.has(command.say))
    return () => ({ error: `it came ${Math.round(age / 1000)} s after it was said; say it again` });
  return prepareCommand(command, givenAt, context);
}

/** What a person asked for and can't have is an answer, too. */
function answered(act: () => Answer): Answer {
  try {
    return act();
  } catch (error) {
    if (error instanceof UsageError || error instanceof CallError) return { error: error.message };
    throw error;
  }
}
