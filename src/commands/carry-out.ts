import { setTimeout as sleep } from 'node:timers/promises';
import { createWorker } from '../pipeline/response.ts';
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
    if (areOver(steps) || io.signal.aborted) return steps;
    await sleep(POLL_MS);
  }
}

/** What is made because of an alert or order. */
export const stepsOf = (cause: string, { outbox }: ResponseContext): OutboxStep[] =>
  outbox.ofCause(cause).filter(({ action }) => action !== 'notify');

/** Whether each has ended or waits for a person. */
export const areOver = (steps: readonly OutboxStep[]): boolean =>
  steps.every(({ doneAt, state }) => doneAt !== undefined || state === 'planned');

/** For a person, a line. */
export function progressOf({ credential, state, note, waits, attempts, doneAt }: OutboxStep): string {
  if (doneAt === undefined && note !== undefined && !waits)
    return `${credential}: attempt ${attempts} failed, trying again: ${note}`;
  return `${credential}: ${state}${note === undefined ? '' : `: ${note}`}`;
}
