import { setTimeout as sleep } from 'node:timers/promises';
import { createWorker } from '../pipeline/response.ts';
import { WAITS } from '../response/action.ts';
import type { ResponseContext } from '../response/context.ts';
import type { OutboxStep } from '../response/outbox.ts';
import type { CommandIo } from './io.ts';

const POLL_MS = 100;

/**
 * Makes the decided steps of an alert or order, shows how they go, and waits for their end, or for Ctrl-C. `beforeCall` as a worker
 * takes it.
 */
export async function carryOut(
  cause: string,
  response: ResponseContext,
  io: CommandIo,
  beforeCall?: () => Promise<void>,
): Promise<OutboxStep[]> {
  const errors: unknown[] = [];
  const worker = createWorker({
    context: response,
    cause,
    ...(beforeCall && { beforeCall }),
    onStep: (step) => io.stderr.write(`${progressOf(step)}\n`),
    onError: (error) => errors.push(error),
  });
  for (;;) {
    await worker.drain();
    if (errors.length > 0) throw errors[0];
    const steps = stepsOf(cause, response);
    if (isOver(steps) || io.signal.aborted) return steps;
    await sleep(POLL_MS);
  }
}

/** As `carryOut`, where another process makes the steps. */
export async function watch(cause: string, response: ResponseContext, io: CommandIo): Promise<OutboxStep[]> {
  const told = new Map<string, string>();
  for (;;) {
    const steps = stepsOf(cause, response);
    for (const step of steps) {
      const progress = progressOf(step);
      if (step.state !== 'approved' && told.get(step.key) !== progress) io.stderr.write(`${progress}\n`);
      told.set(step.key, progress);
    }
    if (isOver(steps) || io.signal.aborted) return steps;
    await sleep(POLL_MS);
  }
}

const stepsOf = (cause: string, { outbox }: ResponseContext): OutboxStep[] =>
  outbox.ofCause(cause).filter(({ action }) => action !== 'notify');

const isOver = (steps: readonly OutboxStep[]): boolean =>
  steps.every(({ doneAt, state }) => doneAt !== undefined || state === 'planned');

function progressOf({ credential, state, note, attempts, doneAt }: OutboxStep): string {
  if (doneAt === undefined && note !== undefined && !note.startsWith(WAITS))
    return `${credential}: attempt ${attempts} failed, trying again: ${note}`;
  return `${credential}: ${state}${note === undefined ? '' : `: ${note}`}`;
}
