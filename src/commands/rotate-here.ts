import { setTimeout as sleep } from 'node:timers/promises';
import type { ResponseContext } from '../response/context.ts';
import type { OutboxStep } from '../response/outbox.ts';
import { isWell, makeRotations } from '../rotation/rotations.ts';
import type { CommandIo } from './io.ts';
import { printable } from './table.ts';

const POLL_MS = 100;
/** Then it goes on in `wayward run`, or at the next call. */
const PATIENCE_MS = 60_000;

/** Makes ordered rotations one after another, unless a `wayward run` beside does; as they ended, or as far as they came. */
export async function rotateHere(
  keys: readonly string[],
  response: ResponseContext,
  io: CommandIo,
): Promise<OutboxStep[]> {
  const steps: OutboxStep[] = [];
  for (const key of keys) {
    const step = await carriedOut(key, response, io);
    if (step !== undefined) steps.push(step);
  }
  return steps;
}

/** Waits for its end, whoever makes it; or until it only has to wait, maybe for hours. */
async function carriedOut(key: string, response: ResponseContext, io: CommandIo): Promise<OutboxStep | undefined> {
  const onStep = (step: OutboxStep) => io.stderr.write(`${rotationText(step)}\n`);
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(POLL_MS)) {
    await makeRotations({ response, onStep }, key);
    const step = response.outbox.step(key);
    if (step === undefined || isOver(step) || io.signal.aborted || Date.now() > end) return step;
  }
}

/** Whether nobody need watch it any longer. */
export const isOver = (step: OutboxStep): boolean => step.doneAt !== undefined || isWell(step);

export const rotationText = ({ credential, state, note }: OutboxStep): string =>
  printable(`${credential}: ${state}${note === undefined ? '' : `: ${note}`}`);
